# attack: Takes a name of its own for it.
# without: writable
result = works(lambda: os.link(argument["outside"] + "/secret.txt", "mine"))
