# attack: Leaves a file beside the packages whose lines Python runs when it starts.
# kind: session
# seen: later
import os
import site
folder = site.getusersitepackages()
os.makedirs(folder, exist_ok=True)
open(folder + "/left.pth", "w").write('import os; open("trap", "w").close()\n')
# later
import os
result = os.path.exists("trap")
