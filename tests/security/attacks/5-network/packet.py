# attack: Reads the network's packets.
# without: seccomp, capabilities, user-namespace
import socket
result = works(lambda: socket.socket(17, 3, 0).close())
