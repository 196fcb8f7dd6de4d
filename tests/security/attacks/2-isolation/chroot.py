# attack: Changes the root.
result = child(lambda: reaches("chroot", b"/"))
