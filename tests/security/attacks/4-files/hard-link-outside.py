# attack: Takes a name of its own for it.
result = works(lambda: os.link(argument["outside"] + "/secret.txt", "mine"))
