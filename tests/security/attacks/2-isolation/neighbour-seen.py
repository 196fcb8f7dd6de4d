# attack: Sees another session's processes.
# kind: session
import os
def name(pid):
    try:
        return open("/proc/%s/comm" % pid).read()
    except OSError:
        return ""
result = "neighbour\n" in [name(pid) for pid in os.listdir("/proc") if pid.isdigit()]
