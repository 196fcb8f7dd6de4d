# attack: Has its children start the processes.
# limits: {"processes": 30}
# without: limits
import signal, time
reader, writer = os.pipe()
first = os.fork()
if first == 0:
    os.setsid()
    for _ in range(6):
        if os.fork() == 0:
            for _ in range(10):
                try:
                    if os.fork() == 0:
                        os.write(writer, b"x")
                        time.sleep(60)
                        os._exit(0)
                except OSError:
                    pass
            time.sleep(60)
            os._exit(0)
    time.sleep(60)
    os._exit(0)
os.close(writer)
started, until = 0, time.monotonic() + 2
os.set_blocking(reader, False)
while started < 60 and time.monotonic() < until:
    try:
        started += len(os.read(reader, 64))
    except BlockingIOError:
        time.sleep(0.02)
result = started >= 60
works(lambda: os.killpg(first, signal.SIGKILL))
