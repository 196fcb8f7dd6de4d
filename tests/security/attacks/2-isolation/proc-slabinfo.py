# attack: Reads how the kernel's memory is used.
# needs: root, for only root can read it without the sandbox
result = works(lambda: open("/proc/slabinfo", "rb").close()) and len(open("/proc/slabinfo", "rb").read(8)) > 0
