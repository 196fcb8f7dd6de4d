# attack: Makes a namespace of its own for mounts.
result = child(lambda: reaches("unshare", 0x20000))
