# attack: Speaks to the kernel about the network.
import socket
result = works(lambda: socket.socket(16, 3, 0).close())
