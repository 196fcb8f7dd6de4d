# attack: Opens files without end.
# limits: {"openFiles": 64}
# without: limits
files = []
try:
    while len(files) < 300:
        files.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
result = len(files) >= 300
