# attack: Leaves a set-uid file by the call that only makes files.
# needs: x64
# without: seccomp
libc.syscall(nr("creat"), ctypes.c_char_p(b"tool"), 0o4755)
result = os.path.exists("tool") and os.stat("tool").st_mode & 0o4000 != 0
works(lambda: os.remove("tool"))
