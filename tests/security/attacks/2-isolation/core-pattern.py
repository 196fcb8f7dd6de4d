# attack: Has the host run a program when something crashes.
result = works(lambda: os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY)))
