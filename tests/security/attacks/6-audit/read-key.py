# attack: Reads the key that signs the record.
# without: files
result = works(lambda: open(argument["outside"] + "/audit.key", "rb").read())
