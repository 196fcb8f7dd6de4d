# attack: Enters a namespace of the first process (net).
# without: seccomp, capabilities, user-namespace
result = child(lambda: libc.setns(os.open("/proc/1/ns/net", os.O_RDONLY), 0) == 0)
