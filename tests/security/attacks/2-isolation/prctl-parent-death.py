# attack: Would stay when what holds its lifetime ends.
# without: seccomp
result = child(lambda: libc.prctl(1, 0, 0, 0, 0) == 0)
