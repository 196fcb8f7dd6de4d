"""ZeroMQ without a library: the connecting side of ZMTP 3.0 (RFC 23) over TCP, without security (NULL)."""

import select
import socket
import struct
import time

MORE, LONG, COMMAND = 1, 2, 4
GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
# A kernel asks for input where it was asked to execute: shell and stdin are told apart by nothing but their sockets.
IDENTITY = b"replique"
LARGEST = 64 * 1024 * 1024
LARGEST_COMMAND = 64 * 1024
MOST_FRAMES = 1000
CHUNK = 1 << 18
WAIT_SECONDS = 0.01


class Violation(Exception):
    """The other side does not speak ZMTP 3."""


def connect(port, kind, deadline, is_expected, wait):
    """A socket of that kind (DEALER, SUB), once the other side listens.

    `wait(seconds, descriptor)` is called until there is something to read. OSError when the other side does not answer
    until the deadline, or is no longer expected.
    """
    while True:
        try:
            stream = socket.create_connection(("127.0.0.1", port), max(0.01, deadline - time.monotonic()))
            return Peer(stream, kind, deadline, wait)
        except ConnectionError:
            if time.monotonic() > deadline or not is_expected():
                raise
            wait(WAIT_SECONDS)


class Peer:
    """One connection. Sends whole messages, lists of frames; receives what has come of them."""

    def __init__(self, stream, kind, deadline, wait):
        self.stream = stream
        self.bytes = bytearray()
        self.frames = []
        # Bytes of the message that is being received; of a frame that is passed over, its flags and what is to come.
        self.size = 0
        self.passing = None
        self.is_whole = True
        # The size of the newest message that was too large.
        self.lost = 0
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.settimeout(max(0.01, deadline - time.monotonic()))
        stream.sendall(GREETING + framed(COMMAND, ready(kind)))
        self.greet(deadline, wait)
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
            if body is not None:
                self.frames.append(body)
            if not flags & MORE:
                if self.is_whole:
                    messages.append(self.frames)
                else:
                    self.lost = self.size
                self.frames, self.size, self.is_whole = [], 0, True
        return messages

    def greet(self, deadline, wait):
        def fill():
            while not select.select([self.stream], [], [], 0)[0]:
                if time.monotonic() > deadline:
                    raise TimeoutError
                wait(WAIT_SECONDS, self.stream.fileno())
            self.fill()

        while len(self.bytes) < len(GREETING):
            fill()
        if self.bytes[0] != 0xFF or self.bytes[9] != 0x7F or self.bytes[10] < 3:
            raise Violation
        if self.bytes[12:32] != GREETING[12:32]:
            raise Violation
        del self.bytes[: len(GREETING)]
        while (found := self.take()) is None:
            fill()
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
        """The next frame's flags and body, if all of it is here; no body where its message is too large."""
        if self.passing is not None:
            return self.pass_over()
        if len(self.bytes) < 2:
            return None
        flags, size, start = self.bytes[0], self.bytes[1], 2
        if flags & LONG:
            if len(self.bytes) < 9:
                return None
            (size,), start = struct.unpack_from(">Q", self.bytes, 1), 9
        if flags & COMMAND:
            if size > LARGEST_COMMAND:
                raise Violation
        elif not self.is_whole or self.size + size > LARGEST or len(self.frames) == MOST_FRAMES:
            self.is_whole = False
            self.frames = []
            self.size += size
            del self.bytes[:start]
            self.passing = flags, size
            return self.pass_over()
        if len(self.bytes) < start + size:
            return None
        body = bytes(self.bytes[start : start + size])
        del self.bytes[: start + size]
        if not flags & COMMAND:
            self.size += size
        return flags, body

    def pass_over(self):
        flags, left = self.passing
        here = min(left, len(self.bytes))
        del self.bytes[:here]
        self.passing = (flags, left - here) if here < left else None
        return None if self.passing else (flags, None)


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
