# attack: Schedules itself before others.
result = reaches("sched_setattr", 0, 0, 0)
