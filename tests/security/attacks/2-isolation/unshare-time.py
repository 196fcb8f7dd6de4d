# attack: Makes a namespace of its own for clocks.
# without: seccomp, capabilities
result = child(lambda: reaches("unshare", 0x80))
