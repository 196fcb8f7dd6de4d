# attack: Hangs up its terminal.
def attempt():
    os.setsid()
    return reaches("vhangup")
result = child(attempt)
