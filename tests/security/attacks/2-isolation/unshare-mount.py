# attack: Makes a namespace of its own for mounts.
# without: seccomp, capabilities
result = child(lambda: reaches("unshare", 0x20000))
