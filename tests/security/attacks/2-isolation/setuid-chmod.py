# attack: Leaves a program that runs as the workspace's owner.
# without: seccomp
open("tool", "w").close()
result = works(lambda: os.chmod("tool", 0o4755)) and os.stat("tool").st_mode & 0o4000 != 0
