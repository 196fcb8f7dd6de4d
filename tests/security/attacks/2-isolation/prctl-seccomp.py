# attack: Changes its own filter.
# without: seccomp
ctypes.set_errno(0)
result = libc.prctl(22, 2, 0, 0, 0) == 0 or ctypes.get_errno() != 1
