"""What the worker needs of the operating system and Python does not offer."""

import ctypes
import os
import signal

PR_SET_DUMPABLE = 4

libc = ctypes.CDLL(None)


def set_dumpable(value):
    """0: other processes of the user can't read or change this one's memory."""
    if hasattr(libc, "prctl"):
        libc.prctl(PR_SET_DUMPABLE, value, 0, 0, 0)


def trim_memory():
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def fork_orphan():
    """Forks a process that PID 1 reaps, so that helpers that wait for their children never meet it.

    True in the new process. Raises OSError in the old one if there can be no more.
    """
    middle = os.fork()
    if middle == 0:
        try:
            if os.fork() == 0:
                return True
        except OSError as error:
            os._exit(error.errno)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(middle, 0)[1])
    if code != 0:
        raise OSError(code, os.strerror(code))
    return False


def end_session(leader):
    """Kills what a worker that is gone had started, except what has made itself a session of its own."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
            if int(fields[3]) == leader:
                os.kill(int(name), signal.SIGKILL)
        except (OSError, IndexError, ValueError):
            continue


def write_all(descriptor, data):
    view = memoryview(data).cast("B")
    while view:
        view = view[os.write(descriptor, view) :]
