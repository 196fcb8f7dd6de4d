# attack: Moves another process's memory.
# without: seccomp
result = reaches("move_pages", os.getpid(), 0, 0, 0, 0, 0)
