# attack: Hides the way out behind a chain of links.
# without: files
os.symlink(argument["outside"], "a")
os.symlink("a", "b")
result = works(lambda: open("b/secret.txt").read())
os.remove("a")
os.remove("b")
