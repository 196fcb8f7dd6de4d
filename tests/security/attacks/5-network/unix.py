# attack: Makes a Unix socket.
# without: seccomp
import socket
result = works(lambda: socket.socket(1, 1, 0).close())
