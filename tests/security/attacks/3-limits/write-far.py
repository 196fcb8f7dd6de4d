# attack: Writes one byte far behind the end.
# limits: {"fileBytes": 1048576}
# without: limits
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = os.open("far", os.O_CREAT | os.O_WRONLY)
result = works(lambda: os.pwrite(file, b"x", 1 << 40))
os.remove("far")
