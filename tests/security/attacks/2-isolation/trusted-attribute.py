# attack: Marks a file for the parts of the system that trust such marks.
open("file", "w").close()
result = works(lambda: os.setxattr("file", "trusted.mark", b"x"))
os.remove("file")
