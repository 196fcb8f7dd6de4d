# attack: Hides such a file behind many.
# kind: session
# seen: protected
import os
os.mkdir("aaa")
for number in range(3000):
    open("aaa/%d" % number, "w").close()
os.makedirs("zzz/.vscode")
open("zzz/.vscode/tasks.json", "w").write("trap")
