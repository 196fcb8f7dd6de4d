# attack: Loads a filter, or becomes the judge of one.
# without: seccomp
result = reaches("seccomp", 2, 0, 0)
