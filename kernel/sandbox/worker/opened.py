"""Which files of the workspace Python opens to read. What C code, a shell or another process opens is not seen."""

import os
import sys

MOST = 200
MOST_MADE = 10_000
LONGEST = 1024
UNREAD = os.O_WRONLY | os.O_TRUNC | getattr(os, "O_DIRECTORY", 0)
CACHE = "__pycache__"
# Of https://docs.python.org/3/library/audit_events.html
EVENTS = frozenset(("open", "sqlite3.connect"))


def listen(opens):
    """Calls it with the path and flags of each file. Also id() is an event: what is no file has to be let go of at once."""

    def hear(event, args):
        if event not in EVENTS:
            return
        try:
            opens(args[0], args[2] if event == "open" else 0)
        except Exception:
            pass  # it is helpers' file, and it opens as it would without us

    sys.addaudithook(hear)


class Opened:
    """The current directory is the workspace when it is made. What code itself has made it does not count as read."""

    def __init__(self):
        self.inside = os.getcwd() + os.sep
        self.paths = {}
        self.made = set()
        listen(self.opens)

    def begin(self):
        self.paths.clear()

    def take(self):
        return list(self.paths)

    def opens(self, path, flags):
        if type(path) is bytes:
            path = os.fsdecode(path)
        if type(path) is not str or len(path) > LONGEST or type(flags) is not int:
            return
        if not path.startswith("/"):
            path = os.path.join(os.getcwd(), path)
        if not path.startswith(self.inside):
            return
        path = os.path.normpath(path)
        if not path.startswith(self.inside):
            return
        folder, name = os.path.split(path[len(self.inside) :])
        if os.path.basename(folder) == CACHE:
            folder, name = os.path.dirname(folder), name.split(".")[0] + ".py"
        path = os.path.join(folder, name)
        if flags & UNREAD:
            if len(self.made) < MOST_MADE:
                self.made.add(path)
        elif path not in self.made and len(self.paths) < MOST:
            self.paths[path] = True
