# attack: Starts threads without end.
# limits: {"processes": 30}
# without: limits
import threading
stop, count = threading.Event(), 0
try:
    for _ in range(60):
        threading.Thread(target=stop.wait, daemon=True).start()
        count += 1
except RuntimeError:
    pass
stop.set()
result = count >= 60
