"""The sandbox's way out: listens on its own loopback and carries each connection over one channel to the host.

Run by init.py in a fork of itself. It decides nothing: the host does, and trusts nothing that comes from here.
The frames are described in kernel/egress/multiplexer.ts.
"""

import selectors
import socket
import struct

ADDRESS = ("127.0.0.1", 3128)
READY, OPEN, DATA, CREDIT, END, RESET = range(6)
HEADER = struct.Struct(">BII")
LARGEST_PAYLOAD = 16 * 1024
WINDOW = 256 * 1024
MOST_CONNECTIONS = 64


class Connection:
    def __init__(self, number, link):
        self.number = number
        self.link = link
        self.credit = WINDOW
        self.waiting = bytearray()
        self.carried = 0
        self.host_ended = False
        self.client_ended = False
        self.closing = False


class Forwarder:
    def __init__(self, descriptor):
        self.channel = socket.socket(fileno=descriptor)
        self.channel.setblocking(False)
        self.listener = socket.create_server(ADDRESS, backlog=MOST_CONNECTIONS)
        self.listener.setblocking(False)
        self.selector = selectors.DefaultSelector()
        self.connections = {}
        self.last = 0
        self.incoming = bytearray()
        self.outgoing = bytearray()
        self.send(READY, 0)

    def send(self, kind, number, payload=b""):
        self.outgoing += HEADER.pack(kind, number, len(payload)) + payload

    def serve(self):
        """Returns when the host closes the channel."""
        while True:
            self.watch(self.channel, True, bool(self.outgoing), None)
            self.watch(self.listener, len(self.connections) < MOST_CONNECTIONS, False, None)
            full = len(self.outgoing) > WINDOW
            for connection in self.connections.values():
                reads = not connection.client_ended and connection.credit > 0 and not full
                self.watch(connection.link, reads, bool(connection.waiting), connection)
            for key, events in self.selector.select():
                if key.fileobj is self.channel:
                    if not self.exchange(events):
                        return
                elif key.fileobj is self.listener:
                    self.accept()
                elif key.data.number in self.connections:
                    self.carry(key.data, events)

    def watch(self, link, reads, writes, data):
        events = (selectors.EVENT_READ if reads else 0) | (selectors.EVENT_WRITE if writes else 0)
        known = self.selector.get_map().get(link)
        if known is None:
            if events:
                self.selector.register(link, events, data)
        elif not events:
            self.selector.unregister(link)
        elif known.events != events:
            self.selector.modify(link, events, data)

    def accept(self):
        try:
            link, _ = self.listener.accept()
        except OSError:
            return
        link.setblocking(False)
        self.last += 1
        self.connections[self.last] = Connection(self.last, link)
        self.send(OPEN, self.last)

    def carry(self, connection, events):
        try:
            if events & selectors.EVENT_WRITE:
                self.deliver(connection)
            if events & selectors.EVENT_READ and connection.number in self.connections and connection.credit > 0:
                data = connection.link.recv(min(LARGEST_PAYLOAD, connection.credit))
                if data:
                    connection.credit -= len(data)
                    self.send(DATA, connection.number, data)
                else:
                    connection.client_ended = True
                    self.send(END, connection.number)
        except BlockingIOError:
            return
        except OSError:
            self.drop(connection, tell=True)

    def deliver(self, connection):
        if connection.waiting:
            sent = connection.link.send(connection.waiting)
            del connection.waiting[:sent]
            connection.carried += sent
            if connection.carried >= WINDOW // 2:
                self.send(CREDIT, connection.number, connection.carried.to_bytes(4, "big"))
                connection.carried = 0
        if connection.host_ended and not connection.waiting:
            connection.link.shutdown(socket.SHUT_WR)
            if connection.closing:
                self.drop(connection, tell=False)

    def drop(self, connection, tell):
        if self.connections.pop(connection.number, None) is None:
            return
        if tell:
            self.send(RESET, connection.number)
        if self.selector.get_map().get(connection.link) is not None:
            self.selector.unregister(connection.link)
        connection.link.close()

    def exchange(self, events):
        try:
            if events & selectors.EVENT_WRITE:
                sent = self.channel.send(self.outgoing)
                del self.outgoing[:sent]
            if events & selectors.EVENT_READ:
                data = self.channel.recv(4 * LARGEST_PAYLOAD)
                if not data:
                    return False
                self.incoming += data
                self.obey()
        except BlockingIOError:
            pass
        except OSError:
            return False
        return True

    def obey(self):
        while len(self.incoming) >= HEADER.size:
            kind, number, size = HEADER.unpack_from(self.incoming)
            end = HEADER.size + size
            if len(self.incoming) < end:
                return
            payload = bytes(self.incoming[HEADER.size : end])
            del self.incoming[:end]
            connection = self.connections.get(number)
            if connection is None:
                continue
            try:
                self.apply(connection, kind, payload)
            except BlockingIOError:
                continue
            except OSError:
                self.drop(connection, tell=True)

    def apply(self, connection, kind, payload):
        if kind == DATA:
            connection.waiting += payload
            self.deliver(connection)
        elif kind == CREDIT:
            connection.credit += int.from_bytes(payload, "big")
        elif kind == END:
            connection.host_ended = True
            self.deliver(connection)
        elif kind == RESET:
            if connection.host_ended and connection.waiting:
                connection.closing = True
            else:
                self.drop(connection, tell=False)


def run(descriptor):
    Forwarder(descriptor).serve()
