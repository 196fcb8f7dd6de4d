# attack: Pins itself to processors.
# without: seccomp
result = reaches("sched_setaffinity", 0, 0, 0)
