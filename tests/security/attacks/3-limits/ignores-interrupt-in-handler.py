# attack: Catches the interrupt and goes on.
# kind: session
# seen: interrupt
import ctypes, signal
ctypes.CDLL(None).prctl(15, argument["marker"].encode(), 0, 0, 0)
signal.signal(signal.SIGINT, lambda *_: None)
print("begun", flush=True)
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
