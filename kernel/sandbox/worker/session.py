"""The session: takes the host's requests one by one, and runs code."""

import builtins
import gc
import getpass
import os
import sys
import threading

from IPython.core.error import StdinNotImplementedError

from replique_worker import bash, checker, comms, editing, loops, network, questions, snapshots, tables
from replique_worker.channel import VERSION, Channel, TooLarge
from replique_worker.forgetting import forget_old
from replique_worker.interrupts import Interrupts
from replique_worker.looks import looks
from replique_worker.opened import Opened
from replique_worker.outbox import LONGEST_TEXT, Outbox
from replique_worker.process import allow_processes, resident_bytes
from replique_worker.shell import make_shell, run_unstored, text_of, warm_up
from replique_worker.streams import Streams
from replique_worker.variables import variables


def run(channels, stdout, stderr, carried):
    """Never returns. `channels[0]` is this session's, the last the checker's, the others for snapshots and what is made of them."""
    Session(channels, stdout, stderr, carried).serve()


class Session:
    def __init__(self, channels, stdout, stderr, carried):
        os.setsid()
        *self.channels, checkers = channels
        self.process = os.getpid()
        self.interrupts = Interrupts()
        self.channel = Channel(channels[0], self.interrupts)
        self.interrupts.read_waiting = self.channel.read_waiting
        self.streams = Streams(stdout, stderr, carried, self.interrupts)
        self.outbox = Outbox(self.channel, self.streams)
        self.shell = make_shell(self.outbox)
        self.comms = comms.install(self.outbox)
        self.can_ask = False
        checker.start(self.shell, checkers)

    def serve(self):
        self.take_over()
        self.channel.send(self.hello("worker"))
        warm_up(self.shell)
        while True:
            try:
                head = self.channel.receive()
            except (EOFError, OSError):
                os._exit(0)
            try:
                self.answer(head)
            except:  # noqa: E722 - helpers may have deleted any name of an exception
                # No orderly end: their threads and exit handlers would hold it up.
                os._exit(1)

    def take_over(self):
        """From here on, what helpers see: their streams, their questions, their modules."""
        sys.path.insert(0, os.getcwd())
        builtins.input = lambda prompt="": self.input(str(prompt), False)
        getpass.getpass = lambda prompt="Password: ", stream=None, **_: self.input(str(prompt), True)
        self.interrupts.install()
        tables.install()
        loops.install()
        self.opened = Opened()
        gc.collect()
        gc.freeze()
        self.streams.install()

    def descriptors(self):
        """Those that are the worker's, not helpers'."""
        sinks = (self.streams.out, self.streams.err)
        return {0, *self.channels, *(fd for sink in sinks for fd in (sink.descriptor, sink.number))}

    def hello(self, role):
        return {"kind": "hello", "version": VERSION, "role": role, "pid": self.process}

    def answer(self, head):
        kind = head["kind"]
        if kind == "execute":
            self.execute(head)
            return
        if kind == "input_reply":
            return  # The question it answers was interrupted.
        if kind == "snapshot":
            reply = snapshots.take(self, head)
        else:
            reply = self.guard(head, lambda: self.reply_to(kind, head))
        if reply is not None:
            try:
                self.channel.send({"kind": "reply", "id": head["id"], **reply})
            except TooLarge as error:
                self.channel.send({"kind": "reply", "id": head["id"], "problem": str(error)})

    def reply_to(self, kind, head):
        if kind == "complete":
            return questions.complete(self.shell, head["code"], head["cursor"])
        if kind == "inspect":
            return questions.inspect(self.shell, head["code"], head["cursor"], head["detail"])
        if kind == "names":
            return editing.names(self.shell, head["path"], head["prefix"])
        if kind == "glance":
            return editing.glance(self.shell, head["path"])
        if kind == "variables":
            return variables(self.shell)
        if kind == "looks":
            return looks(self.shell, head["paths"], head["room"])
        return {"problem": f"there is no request {kind}"}

    def guard(self, head, action):
        """Runs what may meet helpers' objects: whatever they raise, the session goes on."""
        try:
            try:
                self.interrupts.running = head["id"]
                return action()
            finally:
                self.interrupts.running = None
        except BaseException as error:
            self.interrupts.running = None
            return {"problem": f"{type(error).__name__}: {text_of(error)}"}

    def execute(self, head):
        self.interrupts.install()
        self.streams.install()
        self.streams.begin(head["token"])
        self.outbox.request = head["id"]
        self.can_ask = head["stdin"]
        self.shell.error = None
        self.opened.begin()
        network.use_proxy(head.get("proxy"))
        allow_processes(head.get("waiting", 0))
        crashed = self.guard(head, lambda: self.run_code(head))
        if os.getpid() != self.process:
            self.streams.flush()
            os._exit(0)
        values = self.guard(head, lambda: self.shell.user_expressions(head["userExpressions"]))
        error = self.shell.error
        if crashed and error is None:
            error = {"ename": "WorkerError", "evalue": crashed["problem"], "traceback": [crashed["problem"]]}
        self.streams.end()
        memory = resident_bytes()
        memory = {} if memory is None else {"memory": memory}
        memory["opened"] = self.opened.take()
        with self.interrupts, self.streams.lock:
            if not self.outbox.send("done", error=error, userExpressions=values, **memory):
                self.outbox.send("done", error=error, userExpressions={}, **memory)
            self.outbox.request = None
        self.guard(head, lambda: forget_old(self.shell))

    def run_code(self, head):
        if "comm" in head:
            comms.deliver(self.comms, head["comm"], self.shell)
            return
        if head["language"] == "python":
            if "cell" in head:
                self.shell.execution_count = head["cell"]
            if head.get("unstored"):
                run_unstored(self.shell, head["code"], bool(head.get("silent")))
            else:
                self.shell.run_cell(head["code"], store_history=True)
            return
        self.streams.flush()
        self.shell.error = bash.run(head["code"], self.interrupts)
        if self.shell.error is not None:
            self.outbox.send("error", error=self.shell.error)

    def input(self, prompt, password):
        if threading.get_ident() != self.interrupts.main:
            raise StdinNotImplementedError("Only the main thread can ask for input.")
        if not self.can_ask:
            raise StdinNotImplementedError("No one can be asked for input here.")
        self.outbox.send("input_request", prompt=prompt[:LONGEST_TEXT], password=password)
        while True:
            head = self.channel.receive()
            if head["kind"] == "input_reply" and head["id"] == self.outbox.request:
                if "value" in head:
                    return head["value"]
                raise EOFError("There was no answer.")
