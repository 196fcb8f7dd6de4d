# attack: Walks up from the descriptor of the workspace.
# without: files
place = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
result = works(lambda: os.close(os.open("../outside/secret.txt", os.O_RDONLY, dir_fd=place)))
