# attack: Opens by the call whose mode no filter can see.
# without: seccomp
result = reaches("openat2", -100, b"file", 0, 0)
