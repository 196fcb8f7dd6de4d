# attack: Makes a file that says it is huge and takes no space.
# limits: {"fileBytes": 1048576}
# without: limits
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
open("sparse", "w").close()
result = works(lambda: os.truncate("sparse", 1 << 40))
os.remove("sparse")
