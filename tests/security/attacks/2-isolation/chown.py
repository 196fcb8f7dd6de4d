# attack: Gives a file away.
open("file", "w").close()
result = works(lambda: os.chown("file", 12345, 12345))
os.remove("file")
