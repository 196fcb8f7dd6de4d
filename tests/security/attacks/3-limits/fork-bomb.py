# attack: Starts processes without end.
# limits: {"processes": 30}
# without: limits
import time
pids = []
try:
    while len(pids) < 60:
        pid = os.fork()
        if pid == 0:
            time.sleep(60)
            os._exit(0)
        pids.append(pid)
except OSError:
    pass
result = len(pids) >= 60
for pid in pids:
    os.kill(pid, 9)
