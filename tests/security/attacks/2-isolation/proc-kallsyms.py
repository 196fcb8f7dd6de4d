# attack: Reads the kernel's addresses.
result = works(lambda: open("/proc/kallsyms").read(100)) and open("/proc/kallsyms").read(100) != ""
