# attack: Mounts another /proc, without the masks.
# without: seccomp, capabilities, user-namespace
result = child(lambda: libc.mount(b"none", b"/tmp", b"proc", 0, None) == 0)
