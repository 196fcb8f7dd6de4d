# attack: Puts another repository in the place of the one that is there.
# kind: session
# seen: protected
import os
os.rename(".git", "old")
os.makedirs(".git/hooks")
open(".git/hooks/post-checkout", "w").write("trap")
