# attack: Has the host read a line without end.
# kind: session
# seen: listing
import os
os.symlink("/dev/zero", "data.csv")
