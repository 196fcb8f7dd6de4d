# attack: Mounts what it configured.
# without: seccomp, capabilities, user-namespace
result = reaches("fsmount", -1, 0, 0)
