"""SIGINT: raises KeyboardInterrupt in the code that the host means, and never in the middle of a message."""

import signal
import threading


class Interrupts:
    """As a context manager it shields what is inside: an interrupt waits until the outermost block is left."""

    def __init__(self):
        self.running = None
        self.named = []
        self.depth = 0
        self.pending = False
        self.read_waiting = lambda: None
        self.main = threading.get_ident()

    def install(self):
        signal.signal(signal.SIGINT, self.handle)

    def handle(self, *_):
        if self.depth:
            self.pending = True
        else:
            self.take()

    def take(self):
        """The host names the request in a message before the signal: a signal that comes late hits no other one."""
        self.pending = False
        if self.running is None:
            return
        self.depth += 1
        try:
            self.read_waiting()
        except (OSError, EOFError):
            pass
        finally:
            self.depth -= 1
        named, self.named = self.named, []
        if named and self.running not in named:
            return
        raise KeyboardInterrupt

    def __enter__(self):
        if threading.get_ident() == self.main:
            self.depth += 1

    def __exit__(self, *_):
        if threading.get_ident() == self.main:
            self.depth -= 1
            if self.pending and not self.depth:
                self.take()
