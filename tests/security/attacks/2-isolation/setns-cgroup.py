# attack: Enters a namespace of the first process (cgroup).
result = child(lambda: libc.setns(os.open("/proc/1/ns/cgroup", os.O_RDONLY), 0) == 0)
