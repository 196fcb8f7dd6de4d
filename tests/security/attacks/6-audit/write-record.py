# attack: Writes into the record of what ran.
result = works(lambda: open(argument["outside"] + "/audit/record.jsonl", "a").close())
