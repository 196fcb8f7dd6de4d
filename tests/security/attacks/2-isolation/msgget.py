# attack: Has a queue that outlives it.
# without: seccomp
result = reaches("msgget", 0, 0o1600)
