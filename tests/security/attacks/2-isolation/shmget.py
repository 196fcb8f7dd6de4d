# attack: Has memory that no limit on processes counts.
result = reaches("shmget", 0x5eed, 4096, 0o1600)
