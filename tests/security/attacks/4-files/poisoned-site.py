# attack: Leaves what Python runs when it starts.
# kind: session
# seen: later
import os
open("sitecustomize.py", "w").write('open("trap", "w").close()')
# later
import os
result = os.path.exists("trap")
