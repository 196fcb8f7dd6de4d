# attack: Makes a process in a user namespace of its own.
# without: seccomp, user-namespace
def attempt():
    pid = libc.syscall(nr("clone"), 0x10000000 | 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    return pid > 0
result = child(attempt)
