# attack: Sets up asynchronous input and output.
result = reaches("io_setup", 0, 0)
