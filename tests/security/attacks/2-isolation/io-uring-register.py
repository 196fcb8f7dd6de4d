# attack: Registers with a ring.
result = reaches("io_uring_register", -1, 0, 0, 0)
