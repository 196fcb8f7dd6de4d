# attack: Opens a file of the host to everyone.
# without: writable
result = works(lambda: os.chmod(argument["outside"] + "/secret.txt", 0o644))
