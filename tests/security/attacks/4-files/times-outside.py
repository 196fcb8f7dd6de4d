# attack: Changes when a file of the host was written.
# without: writable
result = works(lambda: os.utime(argument["outside"] + "/secret.txt", (1, 1)))
