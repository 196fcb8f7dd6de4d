# attack: Nests folders deeper than a path can be long.
# kind: session
# seen: listing
import os
place = os.open(".", os.O_RDONLY)
for _ in range(3000):
    os.mkdir("folder", dir_fd=place)
    inner = os.open("folder", os.O_RDONLY, dir_fd=place)
    os.close(place)
    place = inner
