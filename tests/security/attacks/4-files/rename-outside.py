# attack: Moves a file of its own there.
# without: writable
open("mine", "w").close()
result = works(lambda: os.rename("mine", argument["outside"] + "/left-behind"))
