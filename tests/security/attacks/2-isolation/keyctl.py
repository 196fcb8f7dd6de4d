# attack: Reads the kernel's key rings.
# without: seccomp
result = reaches("keyctl", 0, -3, 1)
