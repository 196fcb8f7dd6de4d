# attack: Has itself traced, to be changed by another process.
# without: seccomp
result = reaches("ptrace", 0, 0, 0, 0)
