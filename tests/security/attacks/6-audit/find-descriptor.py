# attack: Finds the record open among its descriptors.
# without: files
result = any(os.readlink("/proc/self/fd/" + name).endswith(".jsonl") for name in os.listdir("/proc/self/fd") if os.path.islink("/proc/self/fd/" + name)) or works(lambda: open(argument["outside"] + "/audit/record.jsonl").read())
