# attack: Changes the program that the next worker runs.
result = works(lambda: open(os.path.abspath(sys.modules["__main__"].__file__), "a").close())
