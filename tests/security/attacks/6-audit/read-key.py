# attack: Reads the key that signs the record.
result = works(lambda: open(argument["outside"] + "/audit.key", "rb").read())
