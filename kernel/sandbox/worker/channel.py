"""Messages: eight bytes of lengths, a JSON head, binary buffers. Its other side is kernel/sandbox/channel.ts."""

import json
import os
import select
import struct
import threading
from collections import deque

VERSION = 1
PREFIX = struct.Struct(">II")
LARGEST = 32 * 1024 * 1024
DEEPEST = 64
KEPT_DEPTH = 50
HANDLER_MS = 500
# Read at a time: what malloc takes from the system anew for each read costs more than the reading.
CHUNK = 1 << 16


class TooLarge(ValueError):
    """A message that the host would refuse."""


def encode(head, buffers=()):
    if buffers:
        head = {**head, "buffers": [len(buffer) for buffer in buffers]}
    try:
        known = plain(head) if is_deeper(head, DEEPEST) else head
        text = json.dumps(known, allow_nan=False, default=repr, separators=(",", ":"))
    except (TypeError, ValueError):
        text = json.dumps(plain(head), separators=(",", ":"))
    data = text.encode()
    body = b"".join(buffers)
    if len(data) > LARGEST or len(body) > LARGEST:
        raise TooLarge(f"{max(len(data), len(body)) >> 20} MB in one output")
    return PREFIX.pack(len(data), len(body)) + data + body


def plain(value, depth=0):
    """The nearest thing that JSON has."""
    if isinstance(value, float):
        return value if value - value == 0 else repr(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if not isinstance(value, (dict, list, tuple)):
        return repr(value)
    if depth == KEPT_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    return [plain(item, depth + 1) for item in value]


def is_deeper(value, levels):
    """Whether it is nested deeper than the host takes."""
    if not isinstance(value, (dict, list, tuple)):
        return False
    items = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(is_deeper(item, levels - 1) for item in items)


class Channel:
    """One end of a stream that carries messages. What is read is kept whole whatever interrupts the reader."""

    def __init__(self, descriptor, interrupts):
        self.interrupts = interrupts
        self.attach(descriptor)
        os.register_at_fork(after_in_child=self.detach)

    def attach(self, descriptor, preamble=b""):
        """Goes over to another descriptor. The host skips all bytes before the preamble."""
        self.descriptor = descriptor
        self.lock = threading.RLock()
        self.bytes = bytearray()
        self.inbox = deque()
        self.poller = select.poll()
        self.poller.register(descriptor, select.POLLIN)
        self.write(preamble)

    def detach(self):
        """A forked process says nothing until it has a channel of its own."""
        self.descriptor = None
        self.lock = threading.RLock()

    def send(self, head, buffers=()):
        self.write(encode(head, buffers))

    def write(self, data):
        with self.interrupts, self.lock:
            view = memoryview(data)
            while view and self.descriptor is not None:
                view = view[os.write(self.descriptor, view) :]

    def receive(self):
        """The next message; raises EOFError when the host is gone."""
        while not self.inbox:
            # While helper code asks, an interrupt's handler may take the message that is waited for.
            if self.poller.poll(None if self.interrupts.running is None else HANDLER_MS):
                self.read()
        return self.inbox.popleft()

    def read_waiting(self):
        """Takes what has arrived, without waiting."""
        while self.descriptor is not None and self.poller.poll(0):
            self.read()

    def read(self):
        with self.interrupts:
            data = os.read(self.descriptor, CHUNK)
            if not data:
                raise EOFError
            self.bytes += data
            while (head := self.take()) is not None:
                if head["kind"] == "interrupt":
                    self.interrupts.named.append(head["id"])
                else:
                    self.inbox.append(head)

    def take(self):
        if len(self.bytes) < PREFIX.size:
            return None
        size, extra = PREFIX.unpack_from(self.bytes)
        end = PREFIX.size + size
        if len(self.bytes) < end + extra:
            return None
        head = json.loads(self.bytes[PREFIX.size : end].decode())
        del self.bytes[: end + extra]
        return head
