# attack: Exchanges the workspace's folder for another.
# without: writable
def attempt():
    os.mkdir("folder")
    os.rename("folder", os.path.join(argument["outside"], "folder"))
    os.rmdir(os.path.join(argument["outside"], "folder"))
result = works(attempt)
