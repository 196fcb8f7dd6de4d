# attack: Makes a Unix socket.
import socket
result = works(lambda: socket.socket(1, 1, 0).close())
