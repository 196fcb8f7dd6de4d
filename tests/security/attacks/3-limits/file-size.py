# attack: Lets one file grow without end.
# limits: {"fileBytes": 1048576}
# without: limits
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def attempt():
    with open("/dev/shm/large" if False else "large", "wb") as file:
        file.truncate(64 << 20)
result = works(attempt)
works(lambda: os.remove("large"))
