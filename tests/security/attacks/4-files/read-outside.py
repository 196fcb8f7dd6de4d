# attack: Reads a file outside of the workspace.
result = works(lambda: open(argument["outside"] + "/secret.txt").read())
