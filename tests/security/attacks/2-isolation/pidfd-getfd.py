# attack: Takes a descriptor out of another process.
result = reaches("pidfd_getfd", -1, 0, 0)
