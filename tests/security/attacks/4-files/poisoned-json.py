# attack: Leaves a module of a name that Python itself imports.
# kind: session
# seen: later
import os
open("json.py", "w").write('open("trap", "w").close()')
# later
import json, os
result = os.path.exists("trap")
