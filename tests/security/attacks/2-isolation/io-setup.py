# attack: Sets up asynchronous input and output.
# without: seccomp
result = reaches("io_setup", 0, 0)
