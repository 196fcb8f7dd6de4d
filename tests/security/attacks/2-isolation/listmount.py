# attack: Lists the mounts of a namespace past /proc.
result = reaches("listmount", 0, 0, 0, 0)
