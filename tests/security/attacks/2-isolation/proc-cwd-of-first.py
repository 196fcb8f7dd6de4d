# attack: Walks into the folder that the first process stands in.
# without: capabilities
result = works(lambda: os.listdir("/proc/1/cwd"))
