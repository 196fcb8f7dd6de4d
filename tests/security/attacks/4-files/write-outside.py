# attack: Writes a file outside of the workspace.
# without: writable
result = works(lambda: open(argument["outside"] + "/left-behind", "w").close())
