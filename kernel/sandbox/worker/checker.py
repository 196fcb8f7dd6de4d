"""Says what the compiler says, from a process that no helper can change.

It is forked before any helper runs, keeps nothing but its own channel, and can't be read or written by others (helpers
can only end it). Questions are answered in a fork of it, which may crash or hang: then there is no word, and the next
question is another fork's.
"""

import gc
import os
import resource
import signal
import struct

from replique_worker import questions
from replique_worker.channel import PREFIX, VERSION, encode, json
from replique_worker.process import fork_servant, write_all

LONGEST_SECONDS = 2
SIZE = struct.Struct(">I")


def start(shell, descriptor):
    """Forks the checker, which alone keeps the descriptor."""
    if fork_servant():
        try:
            become_checker(shell, descriptor)
        finally:
            os._exit(0)
    os.close(descriptor)


def become_checker(shell, descriptor):
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    os.chdir("/")
    hello = {"kind": "hello", "version": VERSION, "role": "checker", "pid": os.getpid()}
    write_all(descriptor, encode(hello))
    os.environ.clear()
    gc.disable()
    questions.check(shell, "for", "python")  # what is loaded the first time is there for all
    answerer = Answerer(shell)
    while True:
        size, _ = PREFIX.unpack(read(descriptor, PREFIX.size))
        question = read(descriptor, size)
        answer = answerer.answer(question)
        reply = answer if answer is not None else {"problem": "there is no word"}
        write_all(descriptor, encode({"kind": "reply", "id": json.loads(question)["id"], **reply}))
        if answer is None:
            answerer.close()
            answerer = Answerer(shell)


class Answerer:
    """A fork that answers questions, until one is too much for it."""

    def __init__(self, shell):
        theirs, self.question = os.pipe()
        self.reply, mine = os.pipe()
        try:
            self.process = os.fork()
        except OSError:
            self.process = None
        if self.process == 0:
            os.close(self.question)
            try:
                answer_all(shell, theirs, mine)
            finally:
                os._exit(0)
        os.close(theirs)
        os.close(mine)

    def answer(self, question):
        """None where the process has ended instead."""
        try:
            write_all(self.question, SIZE.pack(len(question)) + question)
            return json.loads(read(self.reply, *SIZE.unpack(read(self.reply, SIZE.size))))
        except (OSError, EOFError):
            return None

    def close(self):
        os.close(self.question)
        os.close(self.reply)
        if self.process is not None:
            os.waitpid(self.process, 0)


def answer_all(shell, theirs, mine):
    questions.check(shell, "for", "python")  # what is copied the first time is not waited for later
    while True:
        (size,) = SIZE.unpack(read(theirs, SIZE.size))
        signal.alarm(LONGEST_SECONDS)
        question = json.loads(read(theirs, size))
        answer = json.dumps(answer_one(shell, question)).encode()
        signal.alarm(0)
        write_all(mine, SIZE.pack(len(answer)) + answer)


def answer_one(shell, question):
    if question["kind"] == "is_complete":
        return questions.is_complete(shell, question["code"])
    return questions.check(shell, question["code"], question["language"])


def read(descriptor, size):
    """Raises EOFError where nobody writes any more."""
    data = bytearray()
    while len(data) < size:
        part = os.read(descriptor, size - len(data))
        if not part:
            raise EOFError
        data += part
    return data
