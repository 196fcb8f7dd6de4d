# attack: Moves a mount to another place.
# without: seccomp, capabilities, user-namespace
result = reaches("move_mount", -1, b"", -1, b"", 0)
