"""Child processes of the session: a forked copy is not their parent."""

import gc
import os
import signal
import sys


def running():
    """Numbers of the children that run. How the others ended is taken note of first, for a copy could not ask."""
    living, ended = [], set()
    for pid in of_this_process():
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                state = file.read().rpartition(b")")[2].split()[0]
        except (OSError, IndexError):
            continue
        if state in (b"Z", b"X"):
            ended.add(pid)
        else:
            living.append(pid)
    for process in opened(ended):
        process.poll()
    return living


def of_this_process():
    pids = []
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/children", encoding="ascii") as file:
                pids += map(int, file.read().split())
        except OSError:
            continue
    return pids


def opened(pids):
    """Python's own objects for those processes."""
    module = sys.modules.get("subprocess")
    if module is None or not pids:
        return []
    found = (item for item in gc.get_objects() if issubclass(type(item), module.Popen))
    return [process for process in found if process.returncode is None and process.pid in pids]


def end(processes):
    """In a copy that goes on: they are another process's, and were ended with it."""
    for process in processes:
        process.returncode = -signal.SIGKILL
