# attack: Changes its priority in real time.
result = reaches("sched_setparam", -1, 0)
