# attack: Marks a file for the parts of the system that trust such marks.
# needs: root, for the control takes a capability in the host's own user namespace
open("file", "w").close()
result = works(lambda: os.setxattr("file", "trusted.mark", b"x"))
os.remove("file")
