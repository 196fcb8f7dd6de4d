# attack: Fills its home, which lies in memory.
# without: limits
name = os.path.join(os.environ["HOME"], "filler")
def attempt():
    with open(name, "wb") as file:
        for _ in range(24):
            file.write(bytes(1 << 20))
result = works(attempt)
works(lambda: os.remove(name))
