"""What of the session a forked copy does not have, or shares with the original. The host makes sentences of it."""

import ctypes
import os
import re
import socket
import stat
import sys
import threading

from replique_worker import open_files

MOST_NAMES = 5
LONGEST_NAME = 60
DEVICES = ("/dev/nvidia", "/dev/dri/", "/dev/kfd")
SEMAPHORES = "/dev/shm/sem."
# Libraries that have threads of their own; the names say whose they may be.
THREADED = (
    *("torch", "tensorflow", "jax", "polars", "pyarrow", "duckdb", "sklearn", "numba", "numexpr"),
    *("xgboost", "lightgbm", "grpc", "zmq", "ray", "cupy"),
)
# Lines of /proc/self/maps: what is mapped shared and can be written, devices, libraries.
SHARED = re.compile(rb"^(\w+)-\S+ .w.s \S+ \S+ \S+ +(.+)$", re.MULTILINE)
DEVICE = re.compile(rb" (/dev/.+)$", re.MULTILINE)
BLAS = re.compile(rb" (/.*openblas.*)$", re.MULTILINE)
# OpenBLAS ends its threads before a fork and begins anew after it.
BLAS_COUNTS = [
    f"{prefix}openblas_get_num_threads{suffix}" for prefix in ("", "scipy_") for suffix in ("", "64_")
]
# The byte that SQLite locks for a transaction that writes, after its file locking documentation.
RESERVED = 0x40000001


def find(threads, children, own, own_memory):
    """A list of {"what", "count", "names"}; never raises.

    threads: the helpers' own; children: numbers of child processes that run; own: descriptors that are the worker's;
    own_memory: the address of memory that it shares itself.
    """
    try:
        return list(findings(threads, children, own, own_memory))
    except Exception:
        return [{"what": "unseen", "count": 1, "names": []}]


def findings(threads, children, own, own_memory):
    kinds = descriptors(own)
    files = {os.readlink(f"/proc/self/fd/{fd}"): fd for fd in kinds.get("file", ())}
    databases = [path for path, fd in files.items() if is_database(fd)]
    with open("/proc/self/maps", "rb") as file:
        maps = file.read()
    shared = {os.fsdecode(path) for start, path in SHARED.findall(maps) if int(start, 16) != own_memory}
    indexes = {path for path in shared if path.endswith("-shm") and path[:-4] in databases}
    busy = {*(path.removesuffix("-shm") for path in indexes), *in_transaction(databases, files)}
    workers = {pid for pid in pool_workers() if pid in children}
    memory = [path for path in shared - indexes if not path.startswith((SEMAPHORES, *DEVICES))]
    devices = [path for path in {*kinds.get("device", ()), *paths(DEVICE, maps)} if path.startswith(DEVICES)]
    yield from found("threads", [thread.name for thread in threads])
    yield from found("native threads", [name for name in THREADED if name in sys.modules], native_threads(maps))
    yield from found("pool", [], len(workers))
    yield from found("children", [name_of(pid) for pid in children if pid not in workers])
    yield from found("sockets", [name for fd in kinds.get("socket", ()) if (name := connection(fd))])
    yield from found("database", [os.path.basename(path) for path in busy])
    yield from found("shared memory", [os.path.basename(path) for path in memory])
    yield from found("gpu", devices)


def found(what, names, count=None):
    count = len(names) if count is None else count
    if count > 0:
        yield {"what": what, "count": count, "names": [str(name)[:LONGEST_NAME] for name in names[:MOST_NAMES]]}


def paths(pattern, maps):
    return {os.fsdecode(path) for path in pattern.findall(maps)}


def descriptors(own):
    """Open files and sockets by their numbers, devices by their paths."""
    kinds = {}
    for fd in open_files.numbers():
        if fd in own:
            continue
        try:
            mode = os.fstat(fd).st_mode
            if stat.S_ISREG(mode):
                kinds.setdefault("file", []).append(fd)
            elif stat.S_ISSOCK(mode):
                kinds.setdefault("socket", []).append(fd)
            elif stat.S_ISCHR(mode):
                kinds.setdefault("device", []).append(os.readlink(f"/proc/self/fd/{fd}"))
        except OSError:
            continue
    return kinds


def native_threads(maps):
    """Threads that Python does not know, without OpenBLAS's."""
    # In a fork its only thread has the process's number, and Python still the one of before.
    known = {os.getpid(), *(thread.native_id for thread in threading.enumerate())}
    unknown = sum(int(name) not in known for name in os.listdir("/proc/self/task"))
    if unknown == 0:
        return 0
    return max(0, unknown - sum(blas_threads(path) for path in paths(BLAS, maps)))


def blas_threads(path):
    try:
        library = ctypes.CDLL(path)
    except OSError:
        return 0
    return max((getattr(library, name)() - 1 for name in BLAS_COUNTS if hasattr(library, name)), default=0)


def pool_workers():
    module = sys.modules.get("multiprocessing.process")
    return [process.pid for process in list(getattr(module, "_children", ()))]


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return str(pid)


def connection(fd):
    """The other side of a socket, or where it listens; None for a pair of this process's own, such as asyncio has."""
    with socket.socket(fileno=os.dup(fd)) as end:
        try:
            address = end.getpeername()
        except OSError:
            address = end.getsockname()
        if not address:
            return None
        return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address)


def is_database(fd):
    """Without opening it: to close a file again gives back every lock that this process has on it."""
    if "sqlite3" not in sys.modules:
        return False
    try:
        return os.pread(fd, 15, 0) == b"SQLite format 3"
    except OSError:
        return False


def in_transaction(databases, files):
    """Those of them in which this process writes."""
    locked = locked_files() if databases else set()
    for path in databases:
        try:
            status = os.stat(path)
        except OSError:
            continue
        if f"{path}-journal" in files or status.st_ino in locked:
            yield path


def locked_files():
    """Numbers of the files in which this process holds SQLite's lock for writing."""
    pattern = re.compile(r"POSIX +ADVISORY +WRITE +(\d+) +[0-9a-f]+:[0-9a-f]+:(\d+) +(\d+) +(\d+)")
    try:
        with open("/proc/locks", encoding="ascii", errors="replace") as file:
            locks = [map(int, match.groups()) for match in pattern.finditer(file.read())]
    except OSError:
        return set()
    return {inode for pid, inode, start, end in locks if pid == os.getpid() and start <= RESERVED <= end}
