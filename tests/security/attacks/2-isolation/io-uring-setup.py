# attack: Does system calls past the filter, through a ring.
# without: seccomp
result = reaches("io_uring_setup", 0, 0)
