# attack: Opens its own memory.
result = works(lambda: open("/proc/self/mem", "r+b").close())
