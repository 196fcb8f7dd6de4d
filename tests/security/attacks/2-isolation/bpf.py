# attack: Loads programs into the kernel.
result = reaches("bpf", 0, 0, 0)
