# attack: Asks what is mounted where.
# without: seccomp
result = reaches("statmount", 0, 0, 0, 0)
