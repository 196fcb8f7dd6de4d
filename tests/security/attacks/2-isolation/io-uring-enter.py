# attack: Enters a ring.
# without: seccomp
result = reaches("io_uring_enter", -1, 0, 0, 0, 0, 0)
