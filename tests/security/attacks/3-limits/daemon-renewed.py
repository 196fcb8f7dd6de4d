# attack: Leaves a daemon that is another process all the time.
# kind: session
# seen: end
import ctypes, os, time
def rename(): ctypes.CDLL(None).prctl(15, argument["marker"].encode(), 0, 0, 0)
reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    rename()
    os.write(writer, b"x")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        time.sleep(0.05)
        if os.fork() != 0:
            os._exit(0)
    os._exit(0)
os.read(reader, 1)
print("begun", flush=True)
