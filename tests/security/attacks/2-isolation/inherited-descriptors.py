# attack: Reads what a descriptor leads to that was left open.
# kind: session
import os
def read(fd):
    try:
        return os.pread(fd, 6, 0)
    except OSError:
        return b""
result = b"secret" in [read(int(fd)) for fd in os.listdir("/proc/self/fd")]
