# attack: Changes a mode by the newest call.
# without: seccomp
result = reaches("fchmodat2", -100, b"nowhere", 0o4755, 0)
