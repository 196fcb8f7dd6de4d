# attack: Writes a file outside of the workspace.
result = works(lambda: open(argument["outside"] + "/left-behind", "w").close())
