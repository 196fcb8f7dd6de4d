# attack: Hands input and output to the kernel, where no filter sees it.
result = reaches("io_submit", 0, 0, 0)
