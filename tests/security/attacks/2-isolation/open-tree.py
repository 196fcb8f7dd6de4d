# attack: Takes a copy of a mount.
# without: seccomp, capabilities, user-namespace
result = reaches("open_tree", -100, b"/tmp", 1)
