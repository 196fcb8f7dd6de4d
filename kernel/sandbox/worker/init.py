"""The sandbox's first process: PID 1 under bubblewrap, an ordinary process under `none`.

    python -I -B init.py MODE CHANNELS LIMITS FILES ENTRY [ARGUMENT…]

MODE      `sandbox`, or `none` where nothing isolates
CHANNELS  `N` or `N+1`: how many descriptors from 4 on are handed to the worker, and whether there is one more
LIMITS    `NAME=SOFT:HARD,…`, names as in setrlimit(2) without RLIMIT_
FILES     the directory of the worker's files, which becomes sys.path[0]
ENTRY     the file in FILES that is run as __main__, with sys.argv[1] = "4,5,…" and the arguments after it

Descriptor 3 is the control channel, one JSON object a line. To the host: {"ready": PID, "status": {…}} once,
with what /proc says of this process, then {"exited": PID, "status": N} for each child that ended (N below zero:
the signal). From the host: {"signal": 2 or 9, "pid": PID},
and {"forward": true} to start the forwarder to the network, which gets the one descriptor more; {"forwarder": PID}
tells of it. When the host closes it, everything here ends.

The worker runs in a fork of this interpreter, so a second one need not be started. What costs time to import
is imported after the fork (json), or only its core is: `signal` and `ctypes` would be half of the start.
"""

import _ctypes
import _signal as signal
import os
import resource
import sys
import time

CONTROL = 3
FIRST_CHANNEL = 4
SET_DUMPABLE = 4
SET_CHILD_SUBREAPER = 36
REPORTED = ("Uid", "Gid", "CapEff", "CapPrm", "CapBnd", "NoNewPrivs", "Seccomp")
LONGEST_LINE = 4096


def prctl(option, value):
    if sys.platform == "linux":
        _ctypes.call_function(_ctypes.dlsym(_ctypes.dlopen(None, 0), "prctl"), (option, value, 0, 0, 0))


def close_others(first):
    directory = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
    for name in os.listdir(directory):
        if int(name) >= first:
            try:
                os.close(int(name))
            except OSError:
                pass


def apply_limits(text):
    for item in filter(None, text.split(",")):
        name, _, values = item.partition("=")
        soft, hard = map(int, values.split(":"))
        kind = getattr(resource, "RLIMIT_" + name, None)
        if kind is None:
            continue
        ceiling = resource.getrlimit(kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(kind, (soft, hard))


def own_status():
    """What the kernel says of this process; simple enough to need no json."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            pairs = [line.split(":", 1) for line in file]
    except OSError:
        return "{}"
    fields = ['"%s": "%s"' % (name, " ".join(value.split())) for name, value in pairs if name in REPORTED]
    return "{%s}" % ", ".join(fields)


def tell(text):
    data = text.encode() + b"\n"
    while data:
        data = data[os.write(CONTROL, data) :]


def become_worker(channels, files, entry, arguments):
    os.close(CONTROL)
    prctl(SET_DUMPABLE, 1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    path = os.path.join(files, entry)
    sys.path.insert(0, files)
    sys.argv = [path, ",".join(str(FIRST_CHANNEL + i) for i in range(channels)), *arguments]
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec")
    main = type(sys)("__main__")
    main.__file__ = path
    sys.modules["__main__"] = main
    exec(code, main.__dict__)


forwarder = None


def start_forwarder(files, descriptor):
    """Once: what ended it would have it sent half a frame."""
    global forwarder
    if forwarder is not None or descriptor is None:
        return
    forwarder = os.fork()
    if forwarder == 0:
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(CONTROL)
            path = os.path.join(files, "forwarder.py")
            scope = {"__name__": "forwarder"}
            with open(path, "rb") as file:
                exec(compile(file.read(), path, "exec"), scope)
            scope["run"](descriptor)
        finally:
            os._exit(0)
    os.close(descriptor)
    tell('{"forwarder": %d}' % forwarder)


def reap():
    """Tells of every child that has ended; False when none is left that matters."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return forwarder is None or descendants() != {forwarder}
        tell('{"exited": %d, "status": %d}' % (pid, os.waitstatus_to_exitcode(status)))


def descendants():
    """Every process below this one. Those whose parents died are this one's children (it is their subreaper)."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % name, encoding="utf-8", errors="replace") as file:
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            pass
    found, added = {os.getpid()}, True
    while added:
        added = {pid for pid, parent in parents.items() if parent in found and pid not in found}
        found |= added
    return found - {os.getpid()}


def end_everything():
    """In the sandbox the kernel kills what is left with PID 1; elsewhere each descendant is killed."""
    while os.getpid() != 1 and os.path.isdir("/proc/self"):
        below = descendants()
        if not below:
            break
        for pid in below:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        # Those that were forked meanwhile are found in the next round, so this may not wait for all of them.
        time.sleep(0.002)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
    os._exit(0)


def obey(line, files, descriptor):
    import json

    try:
        order = json.loads(line)
        if order.get("forward"):
            start_forwarder(files, descriptor)
            return
        pid, number = order["pid"], order["signal"]
        if type(pid) is int and pid > 1 and pid != os.getpid() and number in (2, 9):
            os.kill(pid, number)
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        pass


def serve(files, descriptor):
    """Reaps, reports and obeys until nothing is left or the host is gone."""
    import json  # noqa: F401 - loaded now, so that the first order is obeyed at once
    import select

    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    pending = b""
    try:
        while reap():
            for fd in select.select([CONTROL, woken], [], [])[0]:
                data = os.read(fd, 4096)
                if fd == woken:
                    continue
                pending += data
                *lines, pending = pending.split(b"\n")
                for line in lines:
                    obey(line, files, descriptor)
                if not data or len(pending) > LONGEST_LINE:
                    end_everything()
    except OSError:
        end_everything()
    os._exit(0)


def main():
    mode, channels, limits, files, entry, *arguments = sys.argv[1:]
    channels, _, kept = channels.partition("+")
    channels, kept = int(channels), int(kept or 0)
    close_others(FIRST_CHANNEL + channels + kept)
    if mode == "none":
        prctl(SET_CHILD_SUBREAPER, 1)
    apply_limits(limits)
    status = own_status()
    prctl(SET_DUMPABLE, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = os.fork()
    descriptor = FIRST_CHANNEL + channels if kept else None
    if worker == 0:
        if kept:
            os.close(descriptor)
        become_worker(channels, files, entry, arguments)
        return
    tell('{"ready": %d, "status": %s}' % (worker, status))
    for fd in range(FIRST_CHANNEL, FIRST_CHANNEL + channels):
        os.close(fd)
    serve(files, descriptor)


main()
