# attack: Has semaphores that outlive it.
# without: seccomp
result = reaches("semget", 0, 1, 0o1600)
