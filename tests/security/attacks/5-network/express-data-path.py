# attack: Takes packets past the kernel.
import socket
result = works(lambda: socket.socket(44, socket.SOCK_RAW).close())
