"""Snapshots: forked copies of the session that wait until the host wants one to go on."""

import importlib
import os
import random
import sys
import threading
import types
import warnings

from replique_worker import asides
from replique_worker.process import allow_processes, end_session, fork_orphan, set_dumpable, trim_memory

kept_alive = []


def take(session, head):
    """Forks the snapshot. In it, and later in each resumed copy of it, this returns None; in the session, the reply."""
    trim_memory()
    allow_processes(None)
    state = random.getstate()
    threads = count_threads(session.shell)
    try:
        is_snapshot = fork(session)
    except OSError as error:
        return {"problem": f"it could not be forked: {error.strerror}"}
    if not is_snapshot:
        return {}
    set_dumpable(0)
    arrive(session, head, "snapshot")
    order = hold(session)
    forget_imports()
    if order["kind"] == "ask":
        asides.answer(session, order, arrive)
    random.setstate(state)
    forget_event_loops(session.shell)
    set_dumpable(1)
    end_session(order["replaces"])
    arrive(session, order, "worker", threads=threads)
    return None


def hold(session):
    """Waits; returns, with the host's message, in each copy that is to go on as the session, or to answer a question."""
    while True:
        order = session.channel.receive()
        try:
            if fork(session):
                return order
        except OSError as error:
            problem = f"it could not be forked: {error.strerror}"
            if order["kind"] == "ask":
                asides.refuse(session, order, problem)
            else:
                session.channel.send({"kind": "stuck", "problem": problem})


def fork(session):
    """As fork_orphan, without the warnings about threads, and not while one of them is writing or sending."""
    with warnings.catch_warnings(), session.streams.lock, session.channel.lock:
        warnings.simplefilter("ignore")
        return fork_orphan()


def arrive(session, head, role, **fields):
    """Begins to speak on a channel of its own, in a process session of its own."""
    os.setsid()
    session.process = os.getpid()
    session.channel.attach(session.channels[head["channel"]], head["nonce"].encode())
    session.channel.send({**session.hello(role), **fields})


def script_magics(shell):
    """`%%bash` and its like run in an asyncio loop in a thread of their own."""
    return shell.magics_manager.registry.get("ScriptMagics")


def count_threads(shell):
    """The helpers' threads, which a forked copy does not have."""
    own = 2 if getattr(script_magics(shell), "event_loop", None) else 1
    return max(0, threading.active_count() - own)


def forget_imports():
    """What a thread was importing is half made here and locked for good: whoever needs it imports it anew."""
    for name, module in list(sys.modules.items()):
        if not isinstance(module, types.ModuleType):
            continue
        # Not by attribute: that would load a module that is lazy.
        spec = object.__getattribute__(module, "__dict__").get("__spec__")
        if getattr(spec, "_initializing", False):
            sys.modules.pop(name, None)
    for locks in ("_module_locks", "_blocking_on"):
        getattr(importlib._bootstrap, locks, {}).clear()


def forget_event_loops(shell):
    """A forked copy of an asyncio loop shares its selector with the original: a new one is made on demand."""
    for owner, name in (
        (sys.modules.get("IPython.core.async_helpers"), "_asyncio_event_loop"),
        (script_magics(shell), "event_loop"),
    ):
        loop = getattr(owner, name, None)
        if loop is not None:
            kept_alive.append(loop)
            setattr(owner, name, None)
