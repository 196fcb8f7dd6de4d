# attack: Compares resources of processes, to learn of the kernel's addresses.
# without: seccomp
result = reaches("kcmp", os.getpid(), os.getpid(), 0, 1, 1)
