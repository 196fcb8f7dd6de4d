# attack: Asks for the network.
import socket
result = works(lambda: socket.socket().close())
