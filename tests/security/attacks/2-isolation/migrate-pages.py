# attack: Moves another process's memory.
# without: seccomp
result = reaches("migrate_pages", os.getpid(), 0, 0, 0)
