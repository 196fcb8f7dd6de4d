# attack: Makes a namespace of its own for processes.
# without: seccomp, capabilities
result = child(lambda: reaches("unshare", 0x20000000))
