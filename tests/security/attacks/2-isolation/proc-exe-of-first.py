# attack: Opens the first process's program.
# without: undumpable
result = works(lambda: open("/proc/1/exe", "rb").close())
