# attack: Asks a name server, or sends datagrams.
# without: seccomp
import socket
result = works(lambda: socket.socket(2, 2, 0).close())
