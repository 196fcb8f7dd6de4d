# attack: Sends a signal to another session's first process.
# kind: session
import os
try:
    os.kill(argument["neighbourPid"], 0)
    result = True
except OSError:
    result = False
