# attack: Unmounts what covers something else.
# without: seccomp
result = reaches("umount2", b"/nowhere", 0)
