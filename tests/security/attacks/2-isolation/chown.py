# attack: Gives a file away.
# needs: root, for the control takes further user numbers
open("file", "w").close()
result = works(lambda: os.chown("file", 12345, 12345))
os.remove("file")
