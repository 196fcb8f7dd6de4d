# attack: Advises on the memory of another process.
result = reaches("process_madvise", -1, 0, 0, 0, 0)
