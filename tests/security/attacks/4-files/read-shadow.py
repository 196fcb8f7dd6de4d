# attack: Reads the passwords of the host.
# needs: root, for only root can read it without the sandbox
result = works(lambda: os.listdir("/etc/shadow") if os.path.isdir("/etc/shadow") else open("/etc/shadow").read(1))
