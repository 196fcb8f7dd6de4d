# attack: Sends echo requests.
# without: seccomp, capabilities, user-namespace
import socket
result = works(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close())
