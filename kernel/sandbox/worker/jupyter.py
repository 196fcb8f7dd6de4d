"""A Jupyter kernel as a child process, and what a client says to it (Jupyter's messaging protocol 5)."""

import hashlib
import hmac
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from datetime import datetime, timezone

from replique_worker import zmtp

DELIMITER = b"<IDS|MSG>"
PORTS = ("shell", "iopub", "stdin", "control", "hb")
SOCKETS = {"shell": b"DEALER", "iopub": b"SUB", "stdin": b"DEALER", "control": b"DEALER"}


class NotStarted(Exception):
    """The kernel ended, or did not answer."""


class Gone(Exception):
    """The kernel has ended, or says what is not of the protocol."""


class Kernel:
    """`spec`: name, argv, env and interruptMode, after kernel.json."""

    def __init__(self, spec):
        self.spec = spec
        self.key = secrets.token_hex(16)
        self.session = secrets.token_hex(16)
        self.sockets = {}
        self.ports = free_ports()
        self.process = self.start()

    def start(self):
        directory = tempfile.mkdtemp(prefix="kernel-")
        path = os.path.join(directory, "connection.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(
                {
                    "transport": "tcp",
                    "ip": "127.0.0.1",
                    "signature_scheme": "hmac-sha256",
                    "key": self.key,
                    "kernel_name": self.spec["name"],
                    **{f"{name}_port": port for name, port in self.ports.items()},
                },
                file,
            )
        argv = [part.replace("{connection_file}", path) for part in self.spec["argv"]]
        env = {**os.environ, **{name: expanded(value) for name, value in self.spec["env"].items()}}
        try:
            return subprocess.Popen(
                argv,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise NotStarted(f"{argv[0]}: {error.strerror}") from None

    def connect(self, deadline, wait):
        """See zmtp.connect."""
        for name, kind in SOCKETS.items():
            self.sockets[name] = zmtp.connect(self.ports[name], kind, deadline, self.is_running, wait)

    def is_running(self):
        return self.process.poll() is None

    def send(self, channel, kind, content):
        """Returns the message's id."""
        header = {
            "msg_id": secrets.token_hex(16),
            "msg_type": kind,
            "session": self.session,
            "username": "user",
            "date": datetime.now(timezone.utc).isoformat(),
            "version": "5.3",
        }
        parts = [json.dumps(part).encode() for part in (header, {}, {}, content)]
        digest = hmac.new(self.key.encode(), b"".join(parts), hashlib.sha256).hexdigest()
        try:
            self.sockets[channel].send([DELIMITER, digest.encode(), *parts])
        except OSError:
            raise Gone from None
        return header["msg_id"]

    def receive(self, channel):
        """What has arrived there: (type, parent's id, content). What is no message is left out."""
        try:
            messages = self.sockets[channel].receive()
        except (EOFError, OSError, zmtp.Violation):
            raise Gone from None
        return [found for frames in messages if (found := parsed(frames)) is not None]

    def take_lost(self, channel):
        """The size of a message there that was too large to be received; 0 where none was."""
        peer = self.sockets[channel]
        lost, peer.lost = peer.lost, 0
        return lost

    def interrupt(self):
        if self.spec["interruptMode"] == "message":
            self.send("control", "interrupt_request", {})
            return
        try:
            os.killpg(self.process.pid, signal.SIGINT)
        except OSError:
            pass

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except OSError:
            pass

    def end_like(self):
        """Ends this process in the way in which the kernel has ended."""
        try:
            status = self.process.wait(1)
        except subprocess.TimeoutExpired:
            status = 1
        if status < 0:
            signal.signal(-status, signal.SIG_DFL) if -status not in (9, 19) else None
            os.kill(os.getpid(), -status)
            time.sleep(1)
        os._exit(status)


def parsed(frames):
    try:
        start = frames.index(DELIMITER)
        header, parent, _, content = (json.loads(part) for part in frames[start + 2 : start + 6])
        return header["msg_type"], parent.get("msg_id"), content if isinstance(content, dict) else {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def expanded(value):
    """`${NAME}` in a kernelspec's environment stands for what is set."""
    return re.sub(r"\$\{(\w+)\}", lambda match: os.environ.get(match[1], match[0]), value)


def free_ports():
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    ports = {name: server.getsockname()[1] for name, server in zip(PORTS, sockets)}
    for server in sockets:
        server.close()
    return ports
