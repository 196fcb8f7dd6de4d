# attack: Unmounts what covers something else.
result = reaches("umount2", b"/nowhere", 0)
