# attack: Schedules itself before others.
# without: seccomp
result = reaches("sched_setattr", 0, 0, 0)
