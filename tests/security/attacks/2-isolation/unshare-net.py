# attack: Makes a namespace of its own for network.
result = child(lambda: reaches("unshare", 0x40000000))
