# attack: Moves the workspace itself.
# without: writable
workspace = os.getcwd()
def attempt():
    os.rename(workspace, workspace + "-moved")
    os.rename(workspace + "-moved", workspace)
result = works(attempt)
