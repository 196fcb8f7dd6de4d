# attack: Writes into the record of what ran.
# without: writable
result = works(lambda: open(argument["outside"] + "/audit/record.jsonl", "a").close())
