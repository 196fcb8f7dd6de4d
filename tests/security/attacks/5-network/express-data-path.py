# attack: Takes packets past the kernel.
# without: seccomp, capabilities, user-namespace
import socket
result = works(lambda: socket.socket(44, socket.SOCK_RAW).close())
