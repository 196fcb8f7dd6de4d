# attack: Connects to a socket without a file.
# without: seccomp
import socket
def attempt():
    one = socket.socket(socket.AF_UNIX)
    one.bind("\0replique-attack")
result = works(attempt)
