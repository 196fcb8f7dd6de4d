# attack: Calls the machine's hypervisor.
import socket
result = works(lambda: socket.socket(40, socket.SOCK_STREAM).close())
