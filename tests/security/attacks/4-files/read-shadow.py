# attack: Reads the passwords of the host.
result = works(lambda: os.listdir("/etc/shadow") if os.path.isdir("/etc/shadow") else open("/etc/shadow").read(1))
