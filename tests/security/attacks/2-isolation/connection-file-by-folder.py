# attack: Looks for connection files where Jupyter keeps them.
# kind: session
import glob, os
places = [argument["outside"], os.path.expanduser("~/.local/share/jupyter"), "/workspace", "/"]
found = [name for place in places for name in glob.glob(place + "/runtime/*.json")]
result = any("secret-of-the-host" in open(name).read() for name in found)
