# attack: Ignores the interrupt and computes in a thread.
# kind: session
# seen: interrupt
import ctypes, signal, threading
signal.signal(signal.SIGINT, signal.SIG_IGN)
ctypes.CDLL(None).prctl(15, argument["marker"].encode(), 0, 0, 0)
def spin():
    print("begun", flush=True)
    while True:
        pass
thread = threading.Thread(target=spin)
thread.start()
while True:
    thread.join()
