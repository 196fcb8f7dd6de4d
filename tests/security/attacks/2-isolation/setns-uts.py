# attack: Enters a namespace of the first process (uts).
result = child(lambda: libc.setns(os.open("/proc/1/ns/uts", os.O_RDONLY), 0) == 0)
