# attack: Has a user number of 0 bring capabilities again.
# without: capabilities
result = child(lambda: libc.prctl(28, 0, 0, 0, 0) == 0)
