# attack: Schedules itself before others.
# without: seccomp
result = reaches("sched_setscheduler", 0, 1, 0)
