# attack: Reads a file outside of the workspace.
# without: files
result = works(lambda: open(argument["outside"] + "/secret.txt").read())
