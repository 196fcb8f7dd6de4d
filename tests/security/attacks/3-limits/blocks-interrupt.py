# attack: Blocks every signal.
# kind: session
# seen: interrupt
import ctypes, signal
ctypes.CDLL(None).prctl(15, argument["marker"].encode(), 0, 0, 0)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
print("begun", flush=True)
while True:
    pass
