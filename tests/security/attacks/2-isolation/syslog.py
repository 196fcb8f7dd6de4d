# attack: Reads the kernel's log.
result = reaches("syslog", 10, 0, 0)
