# attack: Would stay when what holds its lifetime ends.
result = child(lambda: libc.prctl(1, 0, 0, 0, 0) == 0)
