# attack: Does so by a request whose upper half hides it.
# without: seccomp
import fcntl, pty
master, slave = pty.openpty()
def attempt():
    os.setsid()
    fcntl.ioctl(slave, 0x540E, 0)
    ctypes.set_errno(0)
    libc.syscall(nr("ioctl"), ctypes.c_int(slave), ctypes.c_ulong(0x5412 | 1 << 32), ctypes.c_char_p(b"x"))
    return ctypes.get_errno() != 1
result = child(attempt)
