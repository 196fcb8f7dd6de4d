# attack: Reads where the kernel's memory lies.
result = works(lambda: open("/proc/vmallocinfo", "rb").close()) and len(open("/proc/vmallocinfo", "rb").read(8)) > 0
