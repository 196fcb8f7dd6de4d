"""sys.stdout and sys.stderr, and the order between them, child processes' output and messages.

Text goes to the pipes behind descriptors 1 and 2, line by line, where the output of C code and of child processes goes
too. A barrier is a numbered mark written to both pipes; the host shows nothing that follows it before all that precedes.
"""

import io
import os
import sys
import threading
from time import monotonic

from replique_worker.process import libc, write_all

MOST_PARTS = 256
SECONDS = 0.005


class Streams:
    def __init__(self, stdout, stderr, interrupts):
        self.interrupts = interrupts
        self.mark = None
        self.count = 0
        self.last = None
        self.patience = SECONDS
        self.lock = threading.RLock()
        self.stdout = Stream(self, "stdout", 1, stdout)
        self.stderr = Stream(self, "stderr", 2, stderr)
        os.register_at_fork(before=self.flush, after_in_child=self.after_fork)

    def install(self):
        """For each request anew: what a helper did to its streams and descriptors is not the next one's trouble."""
        for stream in (self.stdout, self.stderr):
            os.dup2(stream.descriptor, stream.number)
        sys.stdout = sys.__stdout__ = self.stdout
        sys.stderr = sys.__stderr__ = self.stderr

    def begin(self, token):
        """Counts anew. The token is the host's choice, so that marks are unlike any text; text before the first is old."""
        self.mark = f"\x1b_R:{token}:".encode()
        self.count = 0
        self.patience = SECONDS
        self.barrier(b"s")

    def after_fork(self):
        """A helper's own processes print whole lines, so that they don't mix."""
        self.patience = float("inf")
        self.lock = threading.RLock()
        self.mark = None

    def flush(self):
        self.stdout.flush()
        self.stderr.flush()

    def barrier(self, kind=b"m"):
        """Marks that a message (`m`) or the other stream's text (`s`) follows; returns the number."""
        with self.interrupts, self.lock:
            if self.mark is None:
                return self.count
            self.flush()
            self.count += 1
            mark = self.mark + kind + str(self.count).encode() + b"\x1b\\"
            write_all(self.stdout.descriptor, mark)
            write_all(self.stderr.descriptor, mark)
            self.last = None
            return self.count

    def end(self):
        """Flushes, C's buffers too."""
        self.flush()
        libc.fflush(None)

    def follows(self, stream):
        """Called before text goes to a stream."""
        with self.lock:
            if self.last is not None and self.last is not stream:
                self.barrier(b"s")
            self.last = stream


class Stream(io.TextIOBase):
    """Written out at each end of a line, and before that if text comes slowly: as prompt as a terminal, or prompter."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, streams, name, number, descriptor):
        self.streams = streams
        self.name = f"<{name}>"
        self.number = number
        self.descriptor = descriptor
        self.parts = []
        self.written = 0.0
        self.buffer = Binary(self)

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self.streams.last is not self:
            self.streams.follows(self)
        self.parts.append(text)
        if "\n" in text or len(self.parts) > MOST_PARTS or monotonic() - self.written > self.streams.patience:
            self.flush()
        return len(text)

    def flush(self):
        parts = self.parts
        with self.streams.lock:
            count = len(parts)
            if count:
                # Another thread may append meanwhile: the list stays the same, and only what is written leaves it.
                data = "".join(parts[:count]).encode("utf-8", "backslashreplace")
                del parts[:count]
                write_all(self.descriptor, data)
                self.written = monotonic()

    def fileno(self):
        return self.number

    def writable(self):
        return True

    def isatty(self):
        return False

    def close(self):
        """A helper that closes it doesn't take it from those that follow."""


class Binary(io.RawIOBase):
    """`sys.stdout.buffer`."""

    def __init__(self, stream):
        self.stream = stream

    def write(self, data):
        with self.stream.streams.lock:
            self.stream.streams.follows(self.stream)
            self.stream.flush()
            write_all(self.stream.descriptor, data)
        return memoryview(data).nbytes

    def writable(self):
        return True

    def fileno(self):
        return self.stream.number

    def close(self):
        """See Stream.close."""
