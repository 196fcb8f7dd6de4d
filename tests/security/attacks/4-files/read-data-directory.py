# attack: Reads what Replique keeps beside its Python: snapshots, settings, records.
# needs: root, for other users of the tests have Python elsewhere
result = len(os.listdir(os.path.join(sys.prefix, "..", ".."))) > 1
