# attack: Connects to what listens on the host's loopback.
# without: network
import socket
result = works(lambda: socket.create_connection(("127.0.0.1", argument["port"]), 3).close())
