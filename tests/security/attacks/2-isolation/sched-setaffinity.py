# attack: Pins itself to processors.
result = reaches("sched_setaffinity", 0, 0, 0)
