# attack: Takes over the descriptors of the first process.
# without: undumpable
result = works(lambda: os.listdir("/proc/1/fd"))
