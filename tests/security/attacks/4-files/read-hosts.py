# attack: Reads the host's settings.
# without: files
result = works(lambda: os.listdir("/etc/hosts") if os.path.isdir("/etc/hosts") else open("/etc/hosts").read(1))
