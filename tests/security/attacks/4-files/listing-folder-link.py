# attack: Has the host list a folder of its own, over a link.
# kind: session
# seen: listing
import os
os.symlink(argument["outside"], "folder")
