# attack: Does so by an option whose upper half hides it.
# without: seccomp
result = child(lambda: libc.syscall(nr("prctl"), ctypes.c_ulong(1 | 1 << 32), 0, 0, 0, 0) == 0)
