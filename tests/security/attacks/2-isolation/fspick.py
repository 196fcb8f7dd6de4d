# attack: Opens a mounted filesystem to change its options.
# without: seccomp, capabilities, user-namespace
result = reaches("fspick", -100, b"/", 0)
