# attack: Reads how often each page of memory is used.
result = works(lambda: open("/proc/kpagecount", "rb").close()) and len(open("/proc/kpagecount", "rb").read(8)) > 0
