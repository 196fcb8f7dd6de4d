"""Entry of the system check's own sandbox: tries what must not work, and says on its channel what it found.

In the workspace lies `probe.json`: {"private": [PATH, …]}, paths of the host that must not be visible.
"""

import ctypes
import json
import os
import resource
import socket
import sys

CLONE_NEWUSER = 0x10000000
libc = ctypes.CDLL(None, use_errno=True)


def attempt(call):
    """None where the call worked, else its error."""
    try:
        call()
    except OSError as error:
        return error.strerror
    except MemoryError:
        return "out of memory"
    return None


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def interfaces():
    with open("/proc/net/dev", encoding="ascii") as file:
        return sorted(line.split(":")[0].strip() for line in file.readlines()[2:])


def status():
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        return {name: " ".join(value.split()) for name, value in (line.split(":", 1) for line in file)}


def main():
    with open("probe.json", encoding="utf-8") as file:
        private = json.load(file)["private"]
    with open("written", "w", encoding="utf-8"):
        pass
    memory = resource.getrlimit(resource.RLIMIT_AS)[0]
    report = {
        "namespaces": {name: os.stat("/proc/self/ns/" + name).st_ino for name in ("user", "ipc", "pid", "net", "uts", "cgroup", "mnt")},
        "interfaces": interfaces(),
        "capabilities": [status()[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
        "seccomp": status()["Seccomp"],
        "visible": [path for path in private if os.path.exists(path)],
        "writable": [path for path in ("/", "/usr", "/etc", "/dev", "/proc/sys/kernel/core_pattern") if os.access(path, os.W_OK)],
        "refused": {
            "socket": attempt(lambda: socket.socket(socket.AF_UNIX).close()),
            "user namespace": attempt(lambda: checked(libc.unshare(CLONE_NEWUSER))),
            "mount": attempt(lambda: checked(libc.mount(None, b"/tmp", None, 0, None))),
            "memory": attempt(lambda: bytearray(memory)),
        },
        "limits": {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name))[0] for name in ("AS", "NPROC", "NOFILE", "FSIZE", "CPU", "CORE")},
    }
    data = json.dumps(report).encode()
    channel = int(sys.argv[1].split(",")[0])
    while data:
        data = data[os.write(channel, data) :]


main()
