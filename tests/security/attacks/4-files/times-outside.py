# attack: Changes when a file of the host was written.
result = works(lambda: os.utime(argument["outside"] + "/secret.txt", (1, 1)))
