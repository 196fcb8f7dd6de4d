# attack: Reads the network's packets.
import socket
result = works(lambda: socket.socket(17, 3, 0).close())
