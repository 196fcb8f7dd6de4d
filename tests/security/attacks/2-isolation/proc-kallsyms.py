# attack: Reads the kernel's addresses.
# without: hidden-proc
result = works(lambda: open("/proc/kallsyms").read(100)) and open("/proc/kallsyms").read(100) != ""
