# attack: Reads what Replique keeps beside its Python: snapshots, settings, records.
result = len(os.listdir(os.path.join(sys.prefix, "..", ".."))) > 1
