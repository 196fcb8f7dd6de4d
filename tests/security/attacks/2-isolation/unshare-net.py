# attack: Makes a namespace of its own for network.
# without: seccomp, capabilities
result = child(lambda: reaches("unshare", 0x40000000))
