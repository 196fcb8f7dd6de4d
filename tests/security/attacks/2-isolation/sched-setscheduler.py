# attack: Schedules itself before others.
result = reaches("sched_setscheduler", 0, 0, 0)
