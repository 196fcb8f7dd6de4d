# attack: Makes a local socket by a family whose upper half hides it.
# without: seccomp
result = libc.syscall(nr("socket"), ctypes.c_ulong(1 | 1 << 32), 1, 0) >= 0
