# attack: Moves another process's memory.
result = reaches("move_pages", os.getpid(), 0, 0, 0, 0, 0)
