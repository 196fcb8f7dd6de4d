# attack: Looks which folders lie beside the workspace.
result = "outside" in os.listdir("..")
