# attack: Enters a namespace of the first process (cgroup).
# without: seccomp, capabilities, user-namespace
result = child(lambda: libc.setns(os.open("/proc/1/ns/cgroup", os.O_RDONLY), 0) == 0)
