# attack: Changes the first process's program.
# without: writable
result = works(lambda: open("/init.py", "a").close()) or works(lambda: open(argument["outside"] + "/init.py", "a").close())
