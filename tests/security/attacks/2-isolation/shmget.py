# attack: Has memory that no limit on processes counts.
# without: seccomp
result = reaches("shmget", 0x5eed, 4096, 0o1600)
