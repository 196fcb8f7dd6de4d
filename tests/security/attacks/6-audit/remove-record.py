# attack: Removes the record.
result = works(lambda: os.remove(argument["outside"] + "/audit/record.jsonl"))
