# attack: Makes a socket of IPv6.
# without: seccomp
import socket
result = works(lambda: socket.socket(10, 1, 0).close())
