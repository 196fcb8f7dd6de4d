# attack: Leaves one that runs as the workspace's group.
# without: seccomp
fd = os.open("tool", os.O_CREAT | os.O_WRONLY, 0o755)
result = works(lambda: os.fchmod(fd, 0o2755)) and os.fstat(fd).st_mode & 0o2000 != 0
