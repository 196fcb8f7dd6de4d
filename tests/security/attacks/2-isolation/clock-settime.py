# attack: Sets a clock.
# without: seccomp
result = reaches("clock_settime", 0, 0)
