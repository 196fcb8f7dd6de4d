# attack: Leaves a daemon that stands still.
# kind: session
# seen: end
import signal
import ctypes, os, time
def rename(): ctypes.CDLL(None).prctl(15, argument["marker"].encode(), 0, 0, 0)
reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    rename()
    os.write(writer, b"x")
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(600)
os.read(reader, 1)
print("begun", flush=True)
