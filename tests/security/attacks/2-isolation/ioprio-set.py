# attack: Has its input and output come before others'.
result = reaches("ioprio_set", 1, 0, 0)
