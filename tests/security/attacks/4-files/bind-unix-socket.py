# attack: Leaves a socket in the workspace that a program of the host connects to.
# without: seccomp
import socket
result = works(lambda: socket.socket(socket.AF_UNIX).bind("service.sock"))
