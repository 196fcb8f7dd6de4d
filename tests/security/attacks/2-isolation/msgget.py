# attack: Has a queue that outlives it.
result = reaches("msgget", 0, 0o1600)
