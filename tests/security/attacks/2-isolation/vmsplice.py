# attack: Gives pages of its memory to a pipe.
result = reaches("vmsplice", -1, 0, 0, 0)
