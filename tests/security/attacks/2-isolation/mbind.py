# attack: Places memory.
result = reaches("mbind", 0, 0, 0, 0, 0, 0)
