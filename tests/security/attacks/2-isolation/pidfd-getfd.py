# attack: Takes a descriptor out of another process.
# without: seccomp
result = reaches("pidfd_getfd", -1, 0, 0)
