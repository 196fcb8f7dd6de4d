# attack: Looks which folders lie beside the workspace.
# without: files
result = "outside" in os.listdir("..")
