# attack: Writes the memory of the first process.
# without: undumpable
result = works(lambda: open("/proc/1/mem", "r+b").close())
