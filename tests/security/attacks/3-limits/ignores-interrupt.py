# attack: Ignores the interrupt.
# kind: session
# seen: interrupt
import ctypes, signal
ctypes.CDLL(None).prctl(15, argument["marker"].encode(), 0, 0, 0)
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("begun", flush=True)
while True:
    pass
