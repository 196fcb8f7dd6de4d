# attack: Asks a console for its functions.
# without: seccomp
import pty
master, slave = pty.openpty()
libc.syscall(nr("ioctl"), ctypes.c_int(slave), ctypes.c_ulong(0x541C), ctypes.c_char_p(b"\x02"))
result = ctypes.get_errno() != 1
