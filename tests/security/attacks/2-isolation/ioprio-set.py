# attack: Has its input and output come before others'.
# without: seccomp
result = reaches("ioprio_set", 1, 0, 0)
