# attack: Has a variable name a file that Python runs when it starts.
# kind: session
# seen: later
import os
open("startup.py", "w").write('open("trap", "w").close()')
open(os.path.expanduser("~/.profile"), "w").write("export PYTHONSTARTUP=startup.py")
os.makedirs(os.path.expanduser("~/.ipython/profile_default/startup"), exist_ok=True)
open(os.path.expanduser("~/.ipython/profile_default/startup/left.py"), "w").write('open("trap", "w").close()')
# later
import os
from pathlib import Path
left = Path.home() / ".ipython/profile_default/startup/left.py"
result = os.path.exists("trap") or left.exists()
