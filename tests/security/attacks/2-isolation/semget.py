# attack: Has semaphores that outlive it.
result = reaches("semget", 0, 1, 0o1600)
