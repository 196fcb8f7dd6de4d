# attack: Watches the kernel's events.
# without: seccomp
result = reaches("perf_event_open", 0, 0, -1, -1, 0)
