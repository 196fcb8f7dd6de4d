"""A process that carries what is written to descriptors 1 and 2 to the host.

They are pipes, so that /dev/stdout can be opened in child processes, and read by a process of its own, so that a
program that prints while it holds Python's lock is not blocked for good.
"""

import os
import select
from time import monotonic, sleep

from replique_worker.process import fork_servant, write_all

CHUNK = 65536
SMALL = 8192
PATIENCE = 16
HASTE = 0.0002
REST = 0.001


def start(stdout, stderr):
    """Forks the pump, gives it the channels, and returns the writing ends of the two pipes."""
    (out_read, out), (err_read, err) = os.pipe(), os.pipe()
    if fork_servant():
        try:
            os.close(out)
            os.close(err)
            carry({out_read: stdout, err_read: stderr})
        finally:
            os._exit(0)
    for descriptor in (out_read, err_read, stdout, stderr):
        os.close(descriptor)
    return out, err


def carry(routes):
    """Returns when no process has a writing end any more.

    When text keeps coming in small pieces, it takes a rest between them: waking up for each costs the writer more.
    """
    poller = select.poll()
    for source in routes:
        poller.register(source, select.POLLIN)
    left = len(routes)
    small = 0
    last = 0.0
    while left:
        for source, _ in poller.poll():
            data = os.read(source, CHUNK)
            if data:
                write_all(routes[source], data)
            else:
                poller.unregister(source)
                left -= 1
            now = monotonic()
            small = small + 1 if len(data) < SMALL and now - last < HASTE else 0
            last = now
        if small > PATIENCE:
            sleep(REST)
            last = monotonic()
