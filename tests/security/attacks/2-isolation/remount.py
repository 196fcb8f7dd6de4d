# attack: Makes the read-only system writable.
# without: seccomp, capabilities, user-namespace
result = child(lambda: reaches("mount", 0, b"/", 0, 32 | 4096, 0))
