# attack: Walks up out of the workspace.
# without: files
result = works(lambda: open("../outside/secret.txt").read())
