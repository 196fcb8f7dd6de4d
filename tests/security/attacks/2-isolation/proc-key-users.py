# attack: Reads how many keys each user holds.
result = works(lambda: open("/proc/key-users", "rb").close()) and len(open("/proc/key-users", "rb").read(8)) > 0
