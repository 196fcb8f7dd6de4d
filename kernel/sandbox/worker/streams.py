"""sys.stdout and sys.stderr, and the order between them, child processes' output and messages.

Text goes to the pipes behind descriptors 1 and 2, where the output of C code and of child processes goes too. A barrier is a numbered mark written to both pipes; the host shows nothing that follows it before all that precedes.
"""

import io
import os
import sys
import threading
from time import monotonic

from replique_worker.process import libc, write_all

ENCODING = "utf-8"
ERRORS = "backslashreplace"
# So many texts, each within so many seconds of the one before, are many.
PATIENCE = 64
SECONDS = 0.005
# Of a request's messages so many are read at once by the host, however many came before (kernel/sandbox/pace.ts).
MOST_QUIET = 100


class Streams:
    def __init__(self, stdout, stderr, carried, interrupts):
        self.interrupts = interrupts
        self.carried = carried
        # What will have been carried once the mark that begins a request has been, and nothing since; None when there was more.
        self.quiet_total = None
        # The newest message's mark is not written: it is when text follows.
        self.owes_mark = False
        self.mark = None
        self.count = 0
        self.last = None
        self.is_child = False
        self.lock = threading.RLock()
        self.out = Sink(self, "stdout", 1, stdout)
        self.err = Sink(self, "stderr", 2, stderr)
        os.register_at_fork(before=self.flush, after_in_child=self.after_fork)

    @property
    def stdout(self):
        return self.out.text

    @property
    def stderr(self):
        return self.err.text

    def install(self):
        """For each request anew: what a helper did to its streams and descriptors is not the next one's trouble."""
        for sink in (self.out, self.err):
            os.dup2(sink.descriptor, sink.number)
            sink.mend()
        sys.stdout = sys.__stdout__ = self.stdout
        sys.stderr = sys.__stderr__ = self.stderr

    def begin(self, token):
        """Counts anew. The token is the host's choice, so that marks are unlike any text; text before the first is old."""
        self.mark = f"\x1b_R:{token}:".encode()
        self.count = 0
        self.is_child = self.owes_mark = False
        before = self.carried.total(self.out.descriptor, self.err.descriptor)
        self.barrier(b"s")
        self.quiet_total = None if before is None else before + 2 * len(self.marked(b"s"))

    def place(self):
        """The number of a message that is sent now; and whether the host need not wait for text, since there was none."""
        with self.interrupts, self.lock:
            self.flush()
            if self.mark is None or not self.is_quiet():
                return self.barrier(), False
            self.count += 1
            self.owes_mark = True
            self.last = None
            return self.count, True

    def is_quiet(self):
        """Whether the request has had no text yet, neither ours nor that of C code or a child process."""
        if self.quiet_total is None or self.count > MOST_QUIET:
            return False
        return self.carried.total(self.out.descriptor, self.err.descriptor) == self.quiet_total

    def after_fork(self):
        """A helper's own processes print whole lines, so that they don't mix."""
        self.is_child = True
        self.lock = threading.RLock()
        self.mark = None
        self.owes_mark = False
        self.out.hurry(True)
        self.err.hurry(True)

    def flush(self):
        self.out.push()
        self.err.push()

    def barrier(self, kind=b"m"):
        """Marks that a message (`m`) or the other stream's text (`s`) follows; returns the number."""
        with self.interrupts, self.lock:
            if self.mark is None:
                return self.count
            self.flush()
            self.count += 1
            self.write_mark(kind)
            return self.count

    def write_mark(self, kind):
        mark = self.marked(kind)
        with self.interrupts:
            write_all(self.out.descriptor, mark)
            write_all(self.err.descriptor, mark)
            self.last = self.quiet_total = None
            self.owes_mark = False

    def marked(self, kind):
        return self.mark + kind + str(self.count).encode() + b"\x1b\\"

    def end(self):
        """Flushes, C's buffers too."""
        self.flush()
        libc.fflush(None)

    def follows(self, sink):
        """Called before text of another stream than the last goes out; what the other one holds back comes first."""
        if self.owes_mark:
            self.write_mark(b"m")
        other = self.err if sink is self.out else self.out
        other.push()
        if self.last is other:
            self.barrier(b"s")
        self.last = sink
        if not self.is_child:
            self.out.hurry(False)
            self.err.hurry(False)


class Sink(io.RawIOBase):
    """Where a stream's text goes: at once, or, while it alone is used and comes fast, at each end of a line."""

    def __init__(self, streams, name, number, descriptor):
        self.streams = streams
        self.name = f"<{name}>"
        self.number = number
        self.descriptor = descriptor
        self.written = 0.0
        self.haste = 0
        self.text = self.make_text()

    def make_text(self):
        return Text(self, encoding=ENCODING, errors=ERRORS, newline="\n", write_through=True)

    def mend(self):
        """Code may have taken the stream apart."""
        text = self.text
        if text.sink() is not self or (text.encoding, text.errors) != (ENCODING, ERRORS):
            self.text = self.make_text()
            self.hurry(False)

    def hurry(self, fast):
        self.haste = PATIENCE if fast else 0
        if self.text.line_buffering is not fast and self.text.sink() is self:
            self.text.reconfigure(write_through=not fast, line_buffering=fast)

    def push(self):
        """Writes what the text holds back."""
        if self.text.sink() is self:
            self.text.flush()

    def write(self, data):
        streams = self.streams
        with streams.lock:
            if streams.last is not self:
                streams.follows(self)
            size = len(data)
            written = os.write(self.descriptor, data)
            if written < size:
                write_all(self.descriptor, memoryview(data)[written:])
            now = monotonic()
            if now - self.written > SECONDS:
                if self.haste >= PATIENCE and not streams.is_child:
                    self.hurry(False)
                self.haste = 0
            elif self.haste < PATIENCE:
                self.haste += 1
                if self.haste == PATIENCE:
                    self.hurry(True)
            self.written = now
            return size

    def writable(self):
        return True

    def fileno(self):
        return self.number

    def close(self):
        """A helper that closes it doesn't take it from those that follow."""


class Text(io.TextIOWrapper):
    """sys.stdout or sys.stderr. What it does for each text it does in C."""

    def sink(self):
        try:
            return super().buffer
        except ValueError:
            return None  # It was detached.

    @property
    def buffer(self):
        return Binary(self)

    def close(self):
        """See Sink.close."""


class Binary(io.RawIOBase):
    """`sys.stdout.buffer`."""

    def __init__(self, text):
        self.text = text

    def write(self, data):
        with self.text.sink().streams.lock:
            self.text.flush()
            return self.text.sink().write(memoryview(data).cast("B"))

    def writable(self):
        return True

    def fileno(self):
        return self.text.fileno()

    def close(self):
        """See Sink.close."""
