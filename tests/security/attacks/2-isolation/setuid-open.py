# attack: Leaves one by the mode of a new file.
# without: seccomp
works(lambda: os.close(os.open("tool", os.O_CREAT | os.O_WRONLY, 0o4755)))
result = os.path.exists("tool") and os.stat("tool").st_mode & 0o4000 != 0
