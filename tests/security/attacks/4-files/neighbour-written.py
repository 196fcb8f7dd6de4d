# attack: Leaves a module in another session's workspace.
# kind: session
import os
path = argument["neighbour"] + "/left.py"
try:
    open(path, "w").close()
    os.remove(path)
    result = True
except OSError:
    result = False
