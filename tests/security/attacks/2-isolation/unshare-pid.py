# attack: Makes a namespace of its own for processes.
result = child(lambda: reaches("unshare", 0x20000000))
