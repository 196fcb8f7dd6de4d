# attack: Mounts another /proc, without the masks.
result = child(lambda: libc.mount(b"none", b"/tmp", b"proc", 0, None) == 0)
