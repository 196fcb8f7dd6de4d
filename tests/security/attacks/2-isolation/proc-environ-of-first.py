# attack: Reads the environment of the first process, where keys may be.
# without: undumpable
result = works(lambda: open("/proc/1/environ", "rb").read())
