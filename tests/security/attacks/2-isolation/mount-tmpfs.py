# attack: Mounts a filesystem of its own over a folder.
result = child(lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0)
