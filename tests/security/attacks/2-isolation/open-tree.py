# attack: Takes a copy of a mount.
result = reaches("open_tree", -100, b"/tmp", 1)
