# attack: Leaves a socket in the workspace that a program of the host connects to.
import socket
result = works(lambda: socket.socket(socket.AF_UNIX).bind("service.sock"))
