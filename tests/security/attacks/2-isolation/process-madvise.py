# attack: Advises on the memory of another process.
# without: seccomp
result = reaches("process_madvise", -1, 0, 0, 0, 0)
