"""A copy of a snapshot that answers one question, beside a session that is busy, and ends."""

import os
import signal

from replique_worker.process import write_all
from replique_worker.channel import encode


def answer(session, order, arrive):
    """Never returns. Ends by itself after a time, whatever the question meets."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    signal.setitimer(signal.ITIMER_REAL, order["seconds"])
    try:
        silence(session.streams)
        arrive(session, order, "aside")
        session.answer(order["question"])
    finally:
        os._exit(0)


def silence(streams):
    """What runs here is no part of the cell that runs: nothing that it prints is shown."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for sink in (streams.out, streams.err):
        os.dup2(nowhere, sink.descriptor)
        os.dup2(nowhere, sink.number)


def refuse(session, order, problem):
    """There is no copy: says so on the channel that it would have had."""
    message = encode({"kind": "stuck", "problem": problem})
    write_all(session.channels[order["channel"]], order["nonce"].encode() + message)
