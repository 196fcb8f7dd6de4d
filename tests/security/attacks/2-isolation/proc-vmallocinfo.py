# attack: Reads where the kernel's memory lies.
# needs: root, for only root can read it without the sandbox
result = works(lambda: open("/proc/vmallocinfo", "rb").close()) and len(open("/proc/vmallocinfo", "rb").read(8)) > 0
