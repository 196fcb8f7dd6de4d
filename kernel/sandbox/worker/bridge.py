"""A session whose code runs in another Jupyter kernel, which this process starts beside itself.

The host speaks to it as to session.py. It has no snapshots, and no answers to questions about code.
"""

import codecs
import json
import os
import select
import signal
import sys
import time

from replique_worker.bridge_run import Run
from replique_worker.channel import VERSION, Channel
from replique_worker.interrupts import Interrupts
from replique_worker.jupyter import Gone, Kernel, NotStarted
from replique_worker.outbox import LONGEST_NAME, LONGEST_TEXT, Outbox, bounded
from replique_worker.process import set_dumpable
from replique_worker.streams import Streams
from replique_worker.zmtp import Violation

START_SECONDS = 50
ASK_AGAIN_SECONDS = 0.5
# How long what a kernel showed before it ended is read.
REST_SECONDS = 1
TAIL_BYTES = 2000
CHUNK = 65536
# What ipykernel, and kernels made after it, take for the end of the input.
NO_ANSWER = "\x04"


def run(channel, pipes, spec):
    """Never returns. `pipes`: what pump.start returned. `spec`: JSON with name, argv, env and interruptMode of a kernelspec."""
    os.setsid()
    set_dumpable(0)
    spec = json.loads(spec)
    try:
        Bridge(channel, pipes, Kernel(spec)).serve()
    except NotStarted as error:
        print(error, file=sys.stderr, flush=True)
        os._exit(1)


class Bridge:
    def __init__(self, channel, pipes, kernel):
        self.kernel = kernel
        # Its handler is not installed: nothing here is broken off, interrupts are passed on.
        self.interrupts = Interrupts()
        self.channel = Channel(channel, self.interrupts)
        self.streams = Streams(*pipes, self.interrupts)
        self.outbox = Outbox(self.channel, self.streams)
        self.poller = select.poll()
        self.sources = {}
        self.decoders = {}
        self.heard = set()
        self.tail = b""
        self.run = None

    def serve(self):
        self.begin()
        self.watch_signals()
        self.watch(self.channel.descriptor, self.listen)
        self.channel.send({"kind": "hello", "version": VERSION, "role": "worker", "pid": os.getpid()})
        try:
            self.check()
            while True:
                self.step(self.run and self.run.left())
                if self.run is not None and self.run.left() == 0:
                    self.finish()
        except Gone:
            self.hear_rest()
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
            self.decoders[name] = codecs.getincrementaldecoder("utf-8")("replace")
            self.watch(pipe.fileno(), lambda name=name, source=pipe.fileno(): self.copy(name, source))
        try:
            kernel.connect(deadline, self.wait)
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

    def watch_signals(self):
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        self.watch(woken, lambda: self.meet(os.read(woken, CHUNK)))

    def wait(self, seconds, descriptor=None):
        """Until there is something to read, while what the kernel's process writes is taken from it."""
        if descriptor is not None:
            self.watch(descriptor, lambda: None)
        self.step(seconds)
        if descriptor is not None:
            self.poller.unregister(descriptor)

    def step(self, seconds=None):
        """Does what has become possible."""
        for descriptor, _ in self.poller.poll(None if seconds is None else seconds * 1000):
            self.sources[descriptor]()

    def meet(self, signals):
        if signal.SIGINT in signals:
            self.pass_on()
        self.check()

    def check(self):
        """Processes that the kernel leaves behind may hold its sockets open."""
        if not self.kernel.is_running():
            raise Gone

    def pass_on(self):
        """The host names the request in a message before the signal: a signal that comes late hits no other one."""
        self.channel.read_waiting()
        named, self.interrupts.named = self.interrupts.named, []
        if self.run is not None and (not named or self.run.id in named):
            self.kernel.interrupt()
        self.obey()

    def copy(self, name, source):
        """What the kernel's process itself writes."""
        data = os.read(source, CHUNK)
        if not data:
            self.poller.unregister(source)
            return
        self.tail = (self.tail + data)[-TAIL_BYTES:]
        text = self.decoders[name].decode(data)
        if self.run is not None and text:
            getattr(self.streams, name).write(text)

    def copy_rest(self):
        for name, pipe in (("stdout", self.kernel.process.stdout), ("stderr", self.kernel.process.stderr)):
            os.set_blocking(pipe.fileno(), False)
            try:
                self.copy(name, pipe.fileno())
            except (OSError, KeyError):
                pass

    def listen(self):
        self.channel.read()
        self.obey()

    def obey(self):
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

    def finish(self):
        if self.run.error is None and self.run.refusal is not None:
            self.fail(self.run.refusal)
        self.streams.flush()
        self.outbox.send("done", error=self.run.error, userExpressions={})
        self.outbox.request = None
        self.run = None

    def hear(self, channel):
        messages = self.kernel.receive(channel)
        self.heard.add(channel)
        for kind, parent, content in messages:
            if self.run is not None and parent == self.run.message:
                try:
                    self.take(kind, content)
                except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
                    pass  # It lacks what its kind has.
                self.run.heard()
        lost = self.kernel.take_lost(channel)
        if lost and self.run is not None:
            self.streams.stderr.write(f"[An output was left out: {lost >> 20} MB in one message]\n")
            self.run.is_replied = self.run.is_replied or channel == "shell"
            self.run.heard()

    def hear_rest(self):
        """What the kernel showed before it ended."""
        deadline = time.monotonic() + REST_SECONDS
        iopub = self.kernel.sockets["iopub"]
        try:
            while time.monotonic() < deadline and select.select([iopub], [], [], 0)[0]:
                self.hear("iopub")
        except Gone:
            pass

    def take(self, kind, content):
        send = self.outbox.send
        if kind == "stream":
            stream = self.streams.stderr if content["name"] == "stderr" else self.streams.stdout
            stream.write(content["text"])
        elif kind in ("display_data", "update_display_data"):
            display_id = content.get("transient", {}).get("display_id")
            if display_id is None and kind == "update_display_data":
                return
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
        if content.get("status") == "aborted":
            self.fail({"ename": "Aborted", "evalue": "the kernel did not run it"})
        elif content.get("status") == "error":
            self.run.refusal = content
        for payload in content.get("payload") or []:
            if payload.get("source") == "page":
                self.outbox.send("display", dict(payload["data"]), metadata={}, pager=True)

    def fail(self, content):
        name = str(content.get("ename", "Error"))[:LONGEST_NAME]
        value = str(content.get("evalue", ""))[:LONGEST_TEXT]
        lines = [str(line) for line in content.get("traceback", [])] or [f"{name}: {value}"]
        self.run.error = {"ename": name, "evalue": value, "traceback": bounded(lines)}
        self.outbox.send("error", error=self.run.error)
