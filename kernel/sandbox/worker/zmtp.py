"""ZeroMQ without a library: the connecting side of ZMTP 3.0 (RFC 23) over TCP, without security (NULL)."""

import socket
import struct
import time

MORE, LONG, COMMAND = 1, 2, 4
GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
# A kernel asks for input where it was asked to execute: shell and stdin are told apart by nothing but their sockets.
IDENTITY = b"replique"
LARGEST = 64 * 1024 * 1024
CHUNK = 1 << 18


class Violation(Exception):
    """The other side does not speak ZMTP 3."""


def connect(port, kind, deadline, is_expected):
    """A socket of that kind (DEALER, SUB), once the other side listens.

    OSError when it does not until the deadline, or is no longer expected.
    """
    while True:
        try:
            stream = socket.create_connection(("127.0.0.1", port), max(0.01, deadline - time.monotonic()))
            return Peer(stream, kind, deadline)
        except ConnectionError:
            if time.monotonic() > deadline or not is_expected():
                raise
            time.sleep(0.01)


class Peer:
    """One connection. Sends whole messages, lists of frames; receives what has come of them."""

    def __init__(self, stream, kind, deadline):
        self.stream = stream
        self.bytes = bytearray()
        self.frames = []
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.settimeout(max(0.01, deadline - time.monotonic()))
        stream.sendall(GREETING + framed(COMMAND, ready(kind)))
        self.greet()
        stream.settimeout(None)
        if kind == b"SUB":
            self.send([b"\x01"])

    def fileno(self):
        return self.stream.fileno()

    def send(self, frames):
        *first, last = frames
        self.stream.sendall(b"".join(framed(MORE, frame) for frame in first) + framed(0, last))

    def receive(self):
        """The messages that have arrived. Waits for some bytes; raises EOFError when the other side is gone."""
        self.fill()
        messages = []
        while (found := self.take()) is not None:
            flags, body = found
            if flags & COMMAND:
                if body.startswith(b"\x04PING"):
                    self.stream.sendall(framed(COMMAND, b"\x04PONG" + body[7:]))
                continue
            self.frames.append(body)
            if not flags & MORE:
                messages.append(self.frames)
                self.frames = []
        return messages

    def greet(self):
        while len(self.bytes) < len(GREETING):
            self.fill()
        if self.bytes[0] != 0xFF or self.bytes[9] != 0x7F or self.bytes[10] < 3:
            raise Violation
        if self.bytes[12:32] != GREETING[12:32]:
            raise Violation
        del self.bytes[: len(GREETING)]
        while (found := self.take()) is None:
            self.fill()
        if not found[0] & COMMAND or not found[1].startswith(b"\x05READY"):
            raise Violation

    def fill(self):
        try:
            data = self.stream.recv(CHUNK)
        except ConnectionError:
            data = b""
        if not data:
            raise EOFError
        self.bytes += data

    def take(self):
        """The next frame's flags and body, if all of it is here."""
        if len(self.bytes) < 2:
            return None
        flags, size, start = self.bytes[0], self.bytes[1], 2
        if flags & LONG:
            if len(self.bytes) < 9:
                return None
            (size,), start = struct.unpack_from(">Q", self.bytes, 1), 9
        if size + sum(map(len, self.frames)) > LARGEST:
            raise Violation
        if len(self.bytes) < start + size:
            return None
        body = bytes(self.bytes[start : start + size])
        del self.bytes[: start + size]
        return flags, body


def framed(flags, body):
    if len(body) < 256:
        return struct.pack(">BB", flags, len(body)) + body
    return struct.pack(">BQ", flags | LONG, len(body)) + body


def ready(kind):
    properties = [(b"Socket-Type", kind)]
    if kind == b"DEALER":
        properties.append((b"Identity", IDENTITY))
    return b"\x05READY" + b"".join(
        struct.pack(">B", len(name)) + name + struct.pack(">I", len(value)) + value for name, value in properties
    )
