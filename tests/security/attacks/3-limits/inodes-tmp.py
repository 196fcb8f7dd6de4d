# attack: Makes more files in memory than it may have bytes.
# without: limits
def attempt():
    for number in range(300):
        with open("/tmp/f%d" % number, "wb") as file: file.write(bytes(1 << 20))
result = works(attempt)
