# attack: Sets a clock.
result = reaches("clock_settime", 0, 0)
