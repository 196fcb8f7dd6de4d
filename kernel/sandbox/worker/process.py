"""What the worker needs of the operating system and Python does not offer."""

import ctypes
import os
import resource
import signal
import time

PR_SET_DUMPABLE = 4
IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)

PAGE = os.sysconf("SC_PAGE_SIZE")
libc = ctypes.CDLL(None)
# What is allowed at first; the rest is for copies that wait.
PROCESSES = resource.getrlimit(resource.RLIMIT_NPROC)[0]


def set_dumpable(value):
    """0: other processes of the user can't read or change this one's memory."""
    if hasattr(libc, "prctl"):
        libc.prctl(PR_SET_DUMPABLE, value, 0, 0, 0)


def trim_memory():
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def allow_processes(waiting):
    """Copies that wait are not counted against what helpers may start; None: as many as there may be at all."""
    try:
        most = resource.getrlimit(resource.RLIMIT_NPROC)[1]
        allowed = most if waiting is None or PROCESSES == resource.RLIM_INFINITY else PROCESSES + waiting
        if most != resource.RLIM_INFINITY:
            allowed = min(allowed, most)
        resource.setrlimit(resource.RLIMIT_NPROC, (allowed, most))
    except (OSError, ValueError):
        pass


def resident_bytes():
    """What this process holds in memory; None where the system does not tell."""
    try:
        descriptor = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return int(os.read(descriptor, 200).split()[1]) * PAGE
        finally:
            os.close(descriptor)
    except (OSError, ValueError, IndexError):
        return None


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
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(middle, 0)[1])
    except ChildProcessError:
        return False  # Helpers have it that no one is told how children ended, or were told first.
    if code != 0:
        raise OSError(code, os.strerror(code))
    return False


def fork_servant():
    """Forks an orphan that helpers can't read, and end by no signal but SIGKILL. True in the new process."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, IGNORED)
    try:
        if not fork_orphan():
            return False
        os.setsid()
        set_dumpable(0)
        for number in IGNORED:
            signal.signal(number, signal.SIG_IGN)
        return True
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_session(leader, patience=1.0):
    """Kills what a worker that is gone had started, except what has made itself a session of its own.

    Returns when all of it has ended, those included that it forked meanwhile; at the latest after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while (found := living_of_session(leader)) and time.monotonic() < deadline:
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        time.sleep(0.001)


def living_of_session(leader):
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                state, _, _, session = file.read().rpartition(b")")[2].split()[:4]
            if int(session) == leader and state not in (b"Z", b"X"):
                found.append(int(name))
        except (OSError, ValueError):
            continue
    return found


def write_all(descriptor, data):
    view = memoryview(data).cast("B")
    while view:
        view = view[os.write(descriptor, view) :]
