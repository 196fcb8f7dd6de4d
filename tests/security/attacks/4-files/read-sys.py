# attack: Reads the system's hardware and settings.
# without: files
result = works(lambda: os.listdir("/sys/kernel") if os.path.isdir("/sys/kernel") else open("/sys/kernel").read(1))
