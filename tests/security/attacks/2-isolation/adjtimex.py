# attack: Bends the clock.
result = reaches("adjtimex", 0)
