# attack: Walks out by the root of the first process.
# without: capabilities
result = works(lambda: os.listdir("/proc/1/root/"))
