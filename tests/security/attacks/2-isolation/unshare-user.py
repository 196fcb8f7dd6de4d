# attack: Makes a namespace of its own for users, with all capabilities.
result = child(lambda: reaches("unshare", 0x10000000))
