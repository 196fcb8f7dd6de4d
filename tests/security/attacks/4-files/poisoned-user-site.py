# attack: Leaves what Python runs for this user when it starts.
# kind: session
# seen: later
import os
open("usercustomize.py", "w").write('open("trap", "w").close()')
# later
import os
result = os.path.exists("trap")
