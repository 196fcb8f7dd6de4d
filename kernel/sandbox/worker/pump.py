"""A process that carries what is written to descriptors 1 and 2 to the host.

They are pipes, so that /dev/stdout can be opened in child processes, and read by a process of its own, so that a
program that prints while it holds Python's lock is not blocked for good.
"""

import ctypes
import fcntl
import mmap
import os
import select
import struct
import termios
from time import monotonic, sleep

from replique_worker.process import fork_servant, write_all

CHUNK = 65536
SMALL = 8192
PATIENCE = 16
HASTE = 0.0002
REST = 0.001
BUSY, TOTAL = range(2)
LARGEST_WORD = (1 << 64) - 1
INT = struct.Struct("i")


class Carried:
    """How much was carried, in memory that the pump shares with the worker and all its copies. Helpers can write there, too."""

    def __init__(self):
        memory = mmap.mmap(-1, mmap.PAGESIZE)
        self.words = memoryview(memory).cast("Q")
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(memory))

    def total(self, *pipes):
        """Bytes that the host has been sent since the start; None while some are on their way."""
        if any(INT.unpack(fcntl.ioctl(pipe, termios.FIONREAD, bytes(INT.size)))[0] for pipe in pipes):
            return None
        # In this order: what is in no pipe any more was read by a pump that is busy, or has counted it.
        return None if self.words[BUSY] else self.words[TOTAL]


def start(stdout, stderr):
    """Forks the pump, gives it the channels; returns the writing ends of the two pipes, and what tells how much was carried."""
    carried = Carried()
    (out_read, out), (err_read, err) = os.pipe(), os.pipe()
    if fork_servant():
        try:
            os.close(out)
            os.close(err)
            carry({out_read: stdout, err_read: stderr}, carried.words)
        finally:
            os._exit(0)
    for descriptor in (out_read, err_read, stdout, stderr):
        os.close(descriptor)
    return out, err, carried


def carry(routes, words):
    """Returns when no process has a writing end any more.

    All are read when one has something: a mark comes on each, and the host waits for both. When text keeps coming in
    small pieces, it takes a rest between them: waking up for each costs the writer more.
    """
    poller = select.poll()
    open_sources = list(routes)
    for source in routes:
        poller.register(source, select.POLLIN)
        os.set_blocking(source, False)
    small = 0
    last = 0.0
    while open_sources:
        poller.poll()
        for source in tuple(open_sources):
            words[BUSY] = 1
            try:
                data = os.read(source, CHUNK)
            except BlockingIOError:
                words[BUSY] = 0
                continue
            if data:
                write_all(routes[source], data)
                words[TOTAL] = (words[TOTAL] + len(data)) & LARGEST_WORD
                words[BUSY] = 0
            else:
                poller.unregister(source)
                open_sources.remove(source)
            now = monotonic()
            small = small + 1 if len(data) < SMALL and now - last < HASTE else 0
            last = now
        if small > PATIENCE:
            sleep(REST)
            last = monotonic()
