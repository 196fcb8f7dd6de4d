# attack: Leaves a daemon that outlives its session.
# kind: session
# seen: end
import ctypes, os, time
def rename(): ctypes.CDLL(None).prctl(15, argument["marker"].encode(), 0, 0, 0)
reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        rename()
        os.write(writer, b"x")
        time.sleep(600)
    os._exit(0)
os.read(reader, 1)
print("begun", flush=True)
