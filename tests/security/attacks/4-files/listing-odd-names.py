# attack: Gives files names that are no text.
# kind: session
# seen: listing
import os
for first in range(128, 256):
    open(bytes([first, 10, 27]) * 60, "w").close()
