# attack: Makes a namespace of its own for host name.
# without: seccomp, capabilities
result = child(lambda: reaches("unshare", 0x4000000))
