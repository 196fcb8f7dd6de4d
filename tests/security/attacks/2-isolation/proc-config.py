# attack: Reads how the kernel was built.
# without: hidden-proc
result = works(lambda: open("/proc/config.gz", "rb").close()) and len(open("/proc/config.gz", "rb").read(8)) > 0
