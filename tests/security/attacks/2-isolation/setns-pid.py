# attack: Enters a namespace of the first process (pid).
# without: seccomp, capabilities, user-namespace
result = child(lambda: libc.setns(os.open("/proc/1/ns/pid", os.O_RDONLY), 0) == 0)
