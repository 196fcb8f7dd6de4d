# attack: Becomes root.
# without: user-namespace
result = child(lambda: libc.setresuid(0, 0, 0) == 0) and os.getuid() in (0, 1000) and libc.setresuid(0, 0, 0) == 0
