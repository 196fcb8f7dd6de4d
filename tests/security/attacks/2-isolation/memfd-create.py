# attack: Has memory that no limit on files counts.
# without: seccomp
result = reaches("memfd_create", b"x", 0)
