# attack: Sees what the system keeps for its services, and what is mounted.
result = any(os.path.exists(path) for path in ("/var", "/mnt", "/srv", "/opt", "/media"))
