# attack: Empties a file over a link.
# without: writable
os.symlink(argument["outside"] + "/init.py", "link")
result = works(lambda: os.truncate("link", 0))
os.remove("link")
