"""Snapshots: forked copies of the session that wait until the host wants one to go on."""

import importlib
import os
import random
import sys
import threading
import types
import warnings

from replique_worker import asides, children, left_behind, loops, open_files
from replique_worker.process import allow_processes, end_session, fork_orphan, set_dumpable, trim_memory

kept_alive = []


def take(session, head):
    """Forks the snapshot. In it, and later in each resumed copy of it, this returns None; in the session, the reply."""
    trim_memory()
    allow_processes(None)
    state = random.getstate()
    threads = helpers_threads(session.shell)
    others_run = len(sys._current_frames()) > 1
    found, processes, files = look_around(session, threads)
    try:
        is_snapshot = fork(session)
    except OSError as error:
        return {"problem": f"it could not be forked: {error.strerror}"}
    if not is_snapshot:
        return {"cannot": found}
    set_dumpable(0)
    arrive(session, head, "snapshot")
    order = hold(session)
    if others_run:
        forget_imports()
    if order["kind"] == "ask":
        asides.answer(session, order, arrive)
    random.setstate(state)
    for settle in (
        lambda: renew_event_loops(session.shell),
        lambda: children.end(processes),
        lambda: open_files.restore(files),
    ):
        try:
            settle()
        except Exception:
            pass  # Of what helpers have made of Python itself; the session goes on without it.
    set_dumpable(1)
    end_session(order["replaces"])
    arrive(session, order, "worker", threads=len(threads))
    return None


def look_around(session, threads):
    """What a copy will not have, the objects for child processes that it will not be a parent of, and its places in files."""
    own, memory = session.descriptors(), session.streams.carried.address
    try:
        living = children.running()
        processes = children.opened(set(living))
        files = open_files.remember(own)
    except Exception:
        return left_behind.find(threads, None, own, memory), [], []
    return left_behind.find(threads, living, own, memory), processes, files


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


def helpers_threads(shell):
    """Those that helpers have started: a forked copy does not have them."""
    loop = getattr(script_magics(shell), "event_loop", None)
    return [
        thread
        for thread in threading.enumerate()
        if thread is not threading.main_thread() and not is_ours(thread, loop)
    ]


def is_ours(thread, loop):
    """That of the loop, and those of asyncio that wait for a child: that counts where it runs."""
    served = getattr(getattr(thread, "_target", None), "__self__", None)
    return served is not None and (served is loop or type(served).__module__ == "asyncio.unix_events")


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


def renew_event_loops(shell):
    """One that can't be renewed is kept as it is, and a new one is made on demand; so for that whose thread is gone."""
    failed = loops.renew()
    magics = script_magics(shell)
    for owner, name, is_lost in (
        (sys.modules.get("IPython.core.async_helpers"), "_asyncio_event_loop", lambda loop: loop in failed),
        (magics, "event_loop", lambda _: True),
    ):
        loop = getattr(owner, name, None)
        if loop is not None and is_lost(loop):
            kept_alive.append(loop)
            setattr(owner, name, None)
