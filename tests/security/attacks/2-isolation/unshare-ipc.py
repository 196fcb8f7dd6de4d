# attack: Makes a namespace of its own for shared memory.
result = child(lambda: reaches("unshare", 0x8000000))
