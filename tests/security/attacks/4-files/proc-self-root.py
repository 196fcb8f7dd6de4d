# attack: Walks out by its own root.
# without: files
result = works(lambda: open("/proc/self/root" + argument["outside"] + "/secret.txt").read())
