# attack: Makes a namespace of its own for shared memory.
# without: seccomp, capabilities
result = child(lambda: reaches("unshare", 0x8000000))
