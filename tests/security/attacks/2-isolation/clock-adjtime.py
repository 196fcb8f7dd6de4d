# attack: Bends a clock.
result = reaches("clock_adjtime", 0, 0)
