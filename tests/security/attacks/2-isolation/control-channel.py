# attack: Gets hold of the channel to the host, or of what the sandbox was set up with.
# without: descriptors
names = [int(name) for name in os.listdir("/proc/self/fd")]
result = not {fd for fd in names if works(lambda: os.fstat(fd))} <= {0, 1, 2, 4}
