# attack: Sets the clock.
result = reaches("settimeofday", 0, 0)
