# attack: Leaves the computing to a child in a session of its own, and waits.
# kind: session
# seen: interrupt
import ctypes, os, signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    ctypes.CDLL(None).prctl(15, argument["marker"].encode(), 0, 0, 0)
    os.write(1, b"begun\n")
    while True:
        pass
while True:
    signal.pause()
