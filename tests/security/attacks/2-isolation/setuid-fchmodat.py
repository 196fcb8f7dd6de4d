# attack: Leaves one by a path below a descriptor.
# without: seccomp
open("tool", "w").close()
libc.syscall(nr("fchmodat"), os.open(".", os.O_RDONLY), ctypes.c_char_p(b"tool"), 0o4755)
result = os.stat("tool").st_mode & 0o4000 != 0
works(lambda: os.remove("tool"))
