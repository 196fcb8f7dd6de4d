# attack: Asks what is mounted where.
result = reaches("statmount", 0, 0, 0, 0)
