# attack: Reaches the sockets of the host's services.
# without: files
result = works(lambda: os.listdir("/run") if os.path.isdir("/run") else open("/run").read(1))
