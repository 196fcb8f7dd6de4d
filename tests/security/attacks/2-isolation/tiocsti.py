# attack: Types into the terminal of its reader.
# without: seccomp
import fcntl, pty
master, slave = pty.openpty()
def attempt():
    os.setsid()
    fcntl.ioctl(slave, 0x540E, 0)
    libc.ioctl(slave, ctypes.c_ulong(0x5412), b"x")
    return ctypes.get_errno() != 1
result = child(attempt)
