# attack: Makes a namespace of its own for cgroups.
# without: seccomp, capabilities
result = child(lambda: reaches("unshare", 0x2000000))
