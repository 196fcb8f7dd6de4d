# attack: Makes a process by the call whose arguments no filter can see.
# without: seccomp
arguments = (ctypes.c_uint64 * 8)(0, 0, 0, 0, 17, 0, 0, 0)
def attempt():
    pid = libc.syscall(nr("clone3"), ctypes.byref(arguments), 64)
    if pid == 0:
        os._exit(0)
    return pid > 0
result = child(attempt)
