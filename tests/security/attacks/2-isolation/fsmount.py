# attack: Mounts what it configured.
result = reaches("fsmount", -1, 0, 0)
