# attack: Reads the logs of the host.
# without: files
result = works(lambda: os.listdir("/var/log") if os.path.isdir("/var/log") else open("/var/log").read(1))
