# attack: Bends the clock.
# without: seccomp
result = reaches("adjtimex", 0)
