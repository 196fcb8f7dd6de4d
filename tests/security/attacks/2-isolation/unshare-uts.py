# attack: Makes a namespace of its own for host name.
result = child(lambda: reaches("unshare", 0x4000000))
