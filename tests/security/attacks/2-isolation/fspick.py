# attack: Opens a mounted filesystem to change its options.
result = reaches("fspick", -100, b"/", 0)
