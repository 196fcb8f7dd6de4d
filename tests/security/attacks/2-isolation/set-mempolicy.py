# attack: Places memory.
# without: seccomp
result = reaches("set_mempolicy", 0, 0, 0)
