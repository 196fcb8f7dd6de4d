# attack: Enters a namespace of the first process (pid).
result = child(lambda: libc.setns(os.open("/proc/1/ns/pid", os.O_RDONLY), 0) == 0)
