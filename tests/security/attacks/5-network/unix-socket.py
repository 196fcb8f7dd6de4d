# attack: Connects to a socket that lies in the workspace.
# without: seccomp
import socket
result = works(lambda: socket.socket(socket.AF_UNIX).connect(argument["unix"]))
