# attack: Puts a terminal under another line discipline, which loads code into the kernel.
# without: seccomp
import fcntl, pty
master, slave = pty.openpty()
result = works(lambda: fcntl.ioctl(slave, 0x5423, b"\0\0\0\0"))
