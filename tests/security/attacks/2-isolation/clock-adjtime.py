# attack: Bends a clock.
# without: seccomp
result = reaches("clock_adjtime", 0, 0)
