# attack: Reads how often each page of memory is used.
# needs: root, for only root can read it without the sandbox
result = works(lambda: open("/proc/kpagecount", "rb").close()) and len(open("/proc/kpagecount", "rb").read(8)) > 0
