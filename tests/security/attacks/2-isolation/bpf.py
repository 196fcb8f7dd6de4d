# attack: Loads programs into the kernel.
# without: seccomp
result = reaches("bpf", 0, 0, 0)
