# attack: Calls the machine's hypervisor.
# without: seccomp
import socket
result = works(lambda: socket.socket(40, socket.SOCK_STREAM).close())
