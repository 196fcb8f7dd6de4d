# attack: Reaches the sockets of the host's services.
result = works(lambda: os.listdir("/run") if os.path.isdir("/run") else open("/run").read(1))
