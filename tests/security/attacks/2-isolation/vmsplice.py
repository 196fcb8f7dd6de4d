# attack: Gives pages of its memory to a pipe.
# without: seccomp
result = reaches("vmsplice", -1, 0, 0, 0)
