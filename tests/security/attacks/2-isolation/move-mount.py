# attack: Moves a mount to another place.
result = reaches("move_mount", -1, b"", -1, b"", 0)
