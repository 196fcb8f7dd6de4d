# attack: Writes the host's list by the names of files.
# kind: session
# seen: listing
import os
open("a\nforged.csv (1 B; columns made up)", "w").close()
open("b\u001b[2J\u009b2J", "w").close()
