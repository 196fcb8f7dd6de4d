# attack: Makes packets of its own.
# without: seccomp, capabilities, user-namespace
import socket
result = works(lambda: socket.socket(2, 3, 1).close())
