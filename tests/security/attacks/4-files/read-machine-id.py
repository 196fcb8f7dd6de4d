# attack: Reads who the machine is.
# without: files
result = works(lambda: os.stat("/etc/hostname"))
