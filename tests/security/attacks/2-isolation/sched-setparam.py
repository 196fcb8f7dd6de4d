# attack: Changes its priority in real time.
# without: seccomp
result = reaches("sched_setparam", -1, 0)
