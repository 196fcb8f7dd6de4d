# attack: Enters a namespace by its file.
# without: seccomp, capabilities, user-namespace
def attempt():
    fd = os.open("/proc/self/ns/uts", os.O_RDONLY)
    return reaches("setns", fd, 0)
result = child(attempt)
