# attack: Fills /dev/shm, which lies in memory.
# without: limits
def attempt():
    with open("/dev/shm/filler", "wb") as file:
        for _ in range(100):
            file.write(bytes(1 << 20))
result = works(attempt)
works(lambda: os.remove("/dev/shm/filler"))
