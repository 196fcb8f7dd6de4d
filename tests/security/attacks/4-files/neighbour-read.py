# attack: Reads another session's workspace.
# kind: session
try:
    result = open(argument["neighbour"] + "/private.txt").read() == "private"
except OSError:
    result = False
