# attack: Moves a file of its own there.
open("mine", "w").close()
result = works(lambda: os.rename("mine", argument["outside"] + "/left-behind"))
