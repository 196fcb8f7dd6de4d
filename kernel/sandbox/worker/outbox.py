"""What the running request shows, on its way to the host."""

from itertools import islice

from replique_worker.channel import TooLarge
from replique_worker.kept import Kept

# What the host takes; beyond, it would end this process. It cuts texts further, and says so.
MOST_NAMES = 1000
LONGEST_NAME = 1000
LONGEST_TEXT = 1_000_000
MOST_LINES = 10_000


class Outbox:
    """Sends what the running request shows, in order with the text; nothing when none is running."""

    def __init__(self, channel, streams):
        self.channel = channel
        self.streams = streams
        self.request = None
        self.kept = Kept()

    def send(self, kind, bundle=None, buffers=(), **fields):
        """Returns whether it was sent; what is too large is kept in a file, and stderr says so."""
        if self.request is None:
            return False
        head = {"kind": kind, **fields}
        if bundle is not None:
            bundle = named(bundle)
            head["metadata"] = named(fields.get("metadata") or {})
            head["data"] = {key: value for key, value in bundle.items() if not isinstance(value, bytes)}
            head["binary"] = [key for key in bundle if key not in head["data"]]
            buffers = [bundle[key] for key in head["binary"]]
        with self.channel.interrupts, self.streams.lock:
            # A thread's request may have ended while it came here.
            if self.request is None:
                return False
            head["id"] = self.request
            head["order"], head["quiet"] = self.streams.place()
            try:
                self.channel.send(head, buffers)
                return True
            except TooLarge as error:
                self.streams.stderr.write(f"[An output is not shown: {error}.{self.kept.bundle(bundle)}]\n")
                return False


def named(bundle):
    """Without what the host would not take for its name."""
    return {key: bundle[key] for key in islice(bundle, MOST_NAMES) if len(str(key)) <= LONGEST_NAME}


def bounded(lines):
    """A traceback of a size that can be sent."""
    text = "\n".join(lines)
    return lines if len(text) <= LONGEST_TEXT and len(lines) <= MOST_LINES else [text[:LONGEST_TEXT]]
