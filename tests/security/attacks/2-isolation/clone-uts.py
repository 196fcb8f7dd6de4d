# attack: Makes a child whose host name is a namespace of its own.
# without: seccomp, capabilities
def attempt():
    pid = libc.syscall(nr("clone"), ctypes.c_ulong(0x4000000 | 17), 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    return pid > 0
result = child(attempt)
