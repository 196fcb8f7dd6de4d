# attack: Puts a key into the kernel's key ring.
# without: seccomp
result = reaches("add_key", b"user", b"replique", b"x", 1, -3)
