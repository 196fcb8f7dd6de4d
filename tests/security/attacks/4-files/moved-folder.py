# attack: Stands in a folder that moves while it walks up.
# without: files
os.makedirs("x/y")
place = os.open("x/y", os.O_RDONLY | os.O_DIRECTORY)
os.rename("x/y", "y")
result = works(lambda: os.close(os.open("../../outside/secret.txt", os.O_RDONLY, dir_fd=place)))
os.rmdir("y")
os.rmdir("x")
