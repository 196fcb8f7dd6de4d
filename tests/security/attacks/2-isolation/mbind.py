# attack: Places memory.
# without: seccomp
result = reaches("mbind", 0, 0, 0, 0, 0, 0)
