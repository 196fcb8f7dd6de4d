# attack: Hangs up its terminal.
# needs: root, for the control takes a capability in the host's own user namespace
def attempt():
    os.setsid()
    return reaches("vhangup")
result = child(attempt)
