# attack: Mounts a filesystem of its own over a folder.
# without: seccomp, capabilities, user-namespace
result = child(lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0)
