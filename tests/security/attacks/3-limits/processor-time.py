# attack: Computes without end.
# limits: {"cpuSeconds": 1}
# without: limits
import time
def attempt():
    end = time.process_time() + 3
    while time.process_time() < end:
        pass
    return True
result = child(attempt)
