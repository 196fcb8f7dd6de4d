# attack: Changes the root.
# without: seccomp, capabilities
result = child(lambda: reaches("chroot", b"/"))
