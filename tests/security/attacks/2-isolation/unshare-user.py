# attack: Makes a namespace of its own for users, with all capabilities.
# without: seccomp
result = child(lambda: reaches("unshare", 0x10000000))
