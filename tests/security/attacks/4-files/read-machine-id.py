# attack: Reads who the machine is.
result = works(lambda: os.stat("/etc/hostname"))
