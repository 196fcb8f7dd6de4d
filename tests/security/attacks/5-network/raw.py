# attack: Makes packets of its own.
import socket
result = works(lambda: socket.socket(2, 3, 1).close())
