"""A session whose code runs in another Jupyter kernel, which this process starts beside itself.

The host speaks to it as to session.py. It has no snapshots, and no answers to questions about code.
"""

import json
import os
import select
import sys
import time

from replique_worker.channel import VERSION, Channel
from replique_worker.interrupts import Interrupts
from replique_worker.jupyter import Kernel, NotStarted
from replique_worker.outbox import LONGEST_NAME, LONGEST_TEXT, Outbox, bounded
from replique_worker.process import set_dumpable
from replique_worker.streams import Streams
from replique_worker.zmtp import Violation

START_SECONDS = 50
ASK_AGAIN_SECONDS = 0.5
# How long the idle that follows a reply is waited for.
IDLE_SECONDS = 1
# Some kernels (Deno) say that they are idle before all that they have to show is on its way: how long it has to be quiet,
# and how long once something has come that late; and how long in all.
QUIET_SECONDS, LATE_QUIET_SECONDS, LATE_SECONDS = 0.01, 0.25, 10
TAIL_BYTES = 2000
CHUNK = 65536
# What ipykernel, and kernels made after it, take for the end of the input.
NO_ANSWER = "\x04"


def run(channel, stdout, stderr, spec):
    """Never returns. `spec`: JSON with name, argv, env and interruptMode of a kernelspec."""
    os.setsid()
    set_dumpable(0)
    spec = json.loads(spec)
    try:
        Bridge(channel, stdout, stderr, Kernel(spec)).serve()
    except NotStarted as error:
        print(error, file=sys.stderr, flush=True)
        os._exit(1)


class Gone(Exception):
    """The kernel has ended, or says what is not of the protocol."""


class Run:
    """The code that runs: the host's name of it and the kernel's."""

    def __init__(self, head, message):
        self.id = head["id"]
        self.message = message
        self.can_ask = head["stdin"]
        self.error = None
        # An error that only the reply tells of; it may come before that which shows it.
        self.refusal = None
        self.is_replied = False
        self.is_idle = False
        self.due = self.deadline = None

    def heard(self):
        """Something came. Reply and idle may in any order, and outputs after them."""
        if not self.is_replied:
            return
        now = time.monotonic()
        if not self.is_idle:
            self.due = now + IDLE_SECONDS
        elif self.deadline is None:
            self.deadline, self.due = now + LATE_SECONDS, now + QUIET_SECONDS
        else:
            self.due = min(self.deadline, now + LATE_QUIET_SECONDS)

    def left(self):
        """Seconds to wait for what may still come; None while it runs."""
        return None if self.due is None else max(0, self.due - time.monotonic())


class Bridge:
    def __init__(self, channel, stdout, stderr, kernel):
        self.kernel = kernel
        self.interrupts = Interrupts()
        self.channel = Channel(channel, self.interrupts)
        self.interrupts.read_waiting = self.channel.read_waiting
        self.streams = Streams(stdout, stderr, self.interrupts)
        self.outbox = Outbox(self.channel, self.streams)
        self.poller = select.poll()
        self.sources = {}
        self.heard = set()
        self.tail = b""
        self.run = None

    def serve(self):
        self.begin()
        self.interrupts.install()
        self.watch(self.channel.descriptor, self.obey)
        self.channel.send({"kind": "hello", "version": VERSION, "role": "worker", "pid": os.getpid()})
        try:
            while True:
                self.step(self.run and self.run.left())
                if self.run is not None and self.run.left() == 0:
                    self.finish()
        except Gone:
            self.copy_rest()
            self.streams.flush()
            self.kernel.end_like()
        except (EOFError, OSError):
            os._exit(0)

    def begin(self):
        """Waits until the kernel answers and its outputs are heard."""
        kernel = self.kernel
        deadline = time.monotonic() + START_SECONDS
        for name, pipe in (("stdout", kernel.process.stdout), ("stderr", kernel.process.stderr)):
            self.watch(pipe.fileno(), lambda name=name, source=pipe.fileno(): self.copy(name, source))
        try:
            kernel.connect(deadline)
            for name, peer in kernel.sockets.items():
                self.watch(peer.fileno(), lambda name=name: self.hear(name))
            while not self.heard >= {"shell", "iopub"}:
                if time.monotonic() > deadline:
                    raise TimeoutError
                kernel.send("shell", "kernel_info_request", {})
                self.step(ASK_AGAIN_SECONDS)
        except (Gone, Violation, EOFError, OSError):
            self.copy_rest()
            ended = not kernel.is_running()
            kernel.kill()
            said = self.tail.decode("utf-8", "replace").strip()
            raise NotStarted(said or ("it ended at once" if ended else "it does not answer as a kernel does")) from None

    def watch(self, descriptor, action):
        self.sources[descriptor] = action
        self.poller.register(descriptor, select.POLLIN)

    def step(self, seconds=None):
        """Does what has become possible; an interrupt is passed on."""
        try:
            found = self.poller.poll(None if seconds is None else seconds * 1000)
            with self.interrupts:
                for descriptor, _ in found:
                    self.sources[descriptor]()
        except KeyboardInterrupt:
            with self.interrupts:
                self.kernel.interrupt()

    def copy(self, name, source):
        """What the kernel's process itself writes."""
        data = os.read(source, CHUNK)
        if not data:
            self.poller.unregister(source)
            return
        self.tail = (self.tail + data)[-TAIL_BYTES:]
        if self.run is not None:
            getattr(self.streams, name).write(data.decode("utf-8", "replace"))

    def copy_rest(self):
        for name, pipe in (("stdout", self.kernel.process.stdout), ("stderr", self.kernel.process.stderr)):
            os.set_blocking(pipe.fileno(), False)
            try:
                self.copy(name, pipe.fileno())
            except (OSError, KeyError):
                pass

    def obey(self):
        self.channel.read()
        while self.channel.inbox:
            head = self.channel.inbox.popleft()
            if head["kind"] == "execute":
                self.execute(head)
            elif head["kind"] == "input_reply":
                if self.run is not None and self.run.id == head["id"]:
                    self.run.can_ask = True
                    self.kernel.send("stdin", "input_reply", {"value": head.get("value", NO_ANSWER)})
            else:
                problem = f"a Jupyter kernel has no answer to {head['kind']}"
                self.channel.send({"kind": "reply", "id": head["id"], "problem": problem})

    def execute(self, head):
        self.streams.begin(head["token"])
        self.outbox.request = head["id"]
        content = {
            "code": head["code"],
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": head["stdin"],
            "stop_on_error": True,
        }
        self.run = Run(head, self.kernel.send("shell", "execute_request", content))
        self.interrupts.running = head["id"]

    def finish(self):
        with self.interrupts:
            self.interrupts.running = None
            if self.run.error is None and self.run.refusal is not None:
                self.fail(self.run.refusal)
            self.streams.flush()
            self.outbox.send("done", error=self.run.error, userExpressions={})
            self.outbox.request = None
            self.run = None

    def hear(self, channel):
        try:
            messages = self.kernel.receive(channel)
        except (EOFError, Violation, OSError):
            raise Gone from None
        self.heard.add(channel)
        for kind, parent, content in messages:
            if self.run is not None and parent == self.run.message:
                try:
                    self.take(kind, content)
                except (KeyError, TypeError, AttributeError, ValueError):
                    pass  # It lacks what its kind has.
                self.run.heard()

    def take(self, kind, content):
        send = self.outbox.send
        if kind == "stream":
            stream = self.streams.stderr if content["name"] == "stderr" else self.streams.stdout
            stream.write(content["text"])
        elif kind in ("display_data", "update_display_data"):
            display_id = content.get("transient", {}).get("display_id")
            fields = {} if display_id is None else {"displayId": str(display_id)[:LONGEST_NAME]}
            name = "display" if kind == "display_data" else "update_display"
            send(name, dict(content["data"]), metadata=dict(content.get("metadata", {})), **fields)
        elif kind == "execute_result":
            send("result", dict(content["data"]), metadata=dict(content.get("metadata", {})))
        elif kind == "clear_output":
            send("clear_output", wait=bool(content.get("wait")))
        elif kind == "error":
            self.fail(content)
        elif kind == "input_request":
            if self.run.can_ask:
                self.run.can_ask = False
                prompt = str(content.get("prompt", ""))[:LONGEST_TEXT]
                send("input_request", prompt=prompt, password=bool(content.get("password")))
            else:
                self.kernel.send("stdin", "input_reply", {"value": NO_ANSWER})
        elif kind == "status" and content["execution_state"] == "idle":
            self.run.is_idle = True
        elif kind == "execute_reply":
            self.reply(content)

    def reply(self, content):
        self.run.is_replied = True
        for payload in content.get("payload", []):
            if payload.get("source") == "page":
                self.outbox.send("display", dict(payload["data"]), metadata={}, pager=True)
        if content.get("status") == "aborted":
            self.fail({"ename": "Aborted", "evalue": "the kernel did not run it"})
        elif content.get("status") == "error":
            self.run.refusal = content

    def fail(self, content):
        name = str(content.get("ename", "Error"))[:LONGEST_NAME]
        value = str(content.get("evalue", ""))[:LONGEST_TEXT]
        lines = [str(line) for line in content.get("traceback", [])] or [f"{name}: {value}"]
        self.run.error = {"ename": name, "evalue": value, "traceback": bounded(lines)}
        self.outbox.send("error", error=self.run.error)
