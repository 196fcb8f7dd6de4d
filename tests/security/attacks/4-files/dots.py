# attack: Walks up out of the workspace.
result = works(lambda: open("../outside/secret.txt").read())
