# attack: Makes a stream over several paths.
# without: seccomp
import socket
result = works(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).close())
