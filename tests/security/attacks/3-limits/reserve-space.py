# attack: Reserves space on the disk without writing it.
# limits: {"fileBytes": 1048576}
# without: limits
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = os.open("reserved", os.O_CREAT | os.O_WRONLY)
result = works(lambda: os.posix_fallocate(file, 0, 4 << 20))
os.remove("reserved")
