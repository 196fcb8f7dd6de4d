# attack: Keeps all its memory from being swapped.
result = child(lambda: libc.mlockall(3) == 0)
