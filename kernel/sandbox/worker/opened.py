"""Which files of the workspace Python opens to read. What C code, a shell or another process opens is not seen."""

import os
import sys

MOST = 200
LONGEST = 1024
UNREAD = os.O_WRONLY | os.O_TRUNC | getattr(os, "O_DIRECTORY", 0)
CACHE = "__pycache__"


class Opened:
    """The current directory is the workspace when it is made. What code itself has made it does not count as read."""

    def __init__(self):
        self.inside = os.getcwd() + os.sep
        self.paths = {}
        self.made = set()
        sys.addaudithook(self.hear)

    def begin(self):
        self.paths.clear()

    def take(self):
        return list(self.paths)

    # Called for each audit event of the interpreter: https://docs.python.org/3/library/audit_events.html
    def hear(self, event, args):
        if event != "open" and event != "sqlite3.connect":
            return
        try:
            self.opens(args[0], args[2] if event == "open" else 0)
        except Exception:
            pass  # it is helpers' file, and it opens as it would without us

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
            self.made.add(path)
        elif path not in self.made and len(self.paths) < MOST:
            self.paths[path] = True
