# attack: Speaks to the kernel about the network.
# without: seccomp
import socket
result = works(lambda: socket.socket(16, 3, 0).close())
