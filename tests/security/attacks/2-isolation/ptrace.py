# attack: Has itself traced, to be changed by another process.
result = reaches("ptrace", 0, 0, 0, 0)
