# attack: Fills /tmp, which lies in memory.
# without: limits
def attempt():
    with open("/tmp/filler", "wb") as file:
        for _ in range(300):
            file.write(bytes(1 << 20))
result = works(attempt)
works(lambda: os.remove("/tmp/filler"))
