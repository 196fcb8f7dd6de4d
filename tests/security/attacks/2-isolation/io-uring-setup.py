# attack: Does system calls past the filter, through a ring.
result = reaches("io_uring_setup", 0, 0)
