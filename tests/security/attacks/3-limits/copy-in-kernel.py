# attack: Has the kernel copy more than a file may hold.
# limits: {"fileBytes": 1048576}
# without: limits
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
source, copy = os.open("/dev/zero", os.O_RDONLY), os.open("copy", os.O_CREAT | os.O_WRONLY)
def attempt():
    while os.fstat(copy).st_size < 4 << 20:
        os.sendfile(copy, source, None, 1 << 20)
result = works(attempt)
os.remove("copy")
