# attack: Makes a namespace of its own for clocks.
result = child(lambda: reaches("unshare", 0x80))
