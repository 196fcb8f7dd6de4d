# attack: Registers with a ring.
# without: seccomp
result = reaches("io_uring_register", -1, 0, 0, 0)
