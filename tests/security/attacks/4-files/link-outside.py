# attack: Reads it over a link that it leaves in the workspace.
# without: files
os.path.islink("link") or os.symlink(argument["outside"], "link")
result = works(lambda: open("link/secret.txt").read())
