# attack: Hands input and output to the kernel, where no filter sees it.
# without: seccomp
result = reaches("io_submit", 0, 0, 0)
