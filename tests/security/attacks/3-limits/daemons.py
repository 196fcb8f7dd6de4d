# attack: Leaves many daemons, each in a session of its own and deaf to every signal that can be ignored.
# kind: session
# seen: end
import signal
import ctypes, os, time
def rename(): ctypes.CDLL(None).prctl(15, argument["marker"].encode(), 0, 0, 0)
reader, writer = os.pipe()
for _ in range(12):
    if os.fork() == 0:
        os.setsid()
        for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        if os.fork() == 0:
            rename()
            os.write(writer, b"x")
            time.sleep(600)
        os._exit(0)
for _ in range(12):
    os.read(reader, 1)
print("begun", flush=True)
