# attack: Has memory that no limit on files counts.
result = reaches("memfd_create", b"x", 0)
