# attack: Leaves one by a mode whose upper half hides it.
# without: seccomp
open("tool", "w").close()
libc.syscall(nr("fchmodat"), -100, ctypes.c_char_p(b"tool"), ctypes.c_ulong(0o4755 | 1 << 32))
result = os.stat("tool").st_mode & 0o4000 != 0
works(lambda: os.remove("tool"))
