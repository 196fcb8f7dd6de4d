# attack: Reads the kernel's key rings.
result = reaches("keyctl", 0, -3, 1)
