# attack: Removes the record.
# without: writable
result = works(lambda: os.remove(argument["outside"] + "/audit/record.jsonl"))
