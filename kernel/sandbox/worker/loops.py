"""asyncio's loops in a forked copy: they share their selector and their own pipe with the original until they get new ones."""

import importlib.util
import selectors
import signal
import sys
import weakref

LOOPS = "asyncio.selector_events"

known = weakref.WeakSet()


def install():
    """From here on, loops are known when they are made. asyncio itself, 3 MB, comes with the code that needs it."""
    if LOOPS in sys.modules:
        watch(sys.modules[LOOPS])
    else:
        sys.meta_path.insert(0, Watcher())


class Watcher:
    """Watches asyncio from its import on; has no other part in imports."""

    def find_spec(self, name, path=None, target=None):
        if name != LOOPS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def run_and_watch(module):
            run(module)
            watch(module)

        spec.loader.exec_module = run_and_watch
        return spec


def watch(module):
    kind = module.BaseSelectorEventLoop
    make = kind.__init__

    def remember(self, *args, **named):
        make(self, *args, **named)
        known.add(self)

    kind.__init__ = remember


def renew():
    """Gives each loop a selector and a pipe of its own, with its tasks, timers and what it watches; returns those that can't have them."""
    failed = []
    for loop in list(known):
        if loop.is_closed() or loop.is_running():
            continue
        try:
            renew_one(loop)
        except Exception:
            failed.append(loop)
    return failed


def renew_one(loop):
    shared, own = loop._selector, selectors.DefaultSelector()
    pipe = loop._ssock
    for key in shared.get_map().values():
        if key.fileobj is not pipe and key.fd != pipe.fileno():
            own.register(key.fileobj, key.events, key.data)
    loop._selector = own
    loop._csock.close()
    pipe.close()
    loop._internal_fds -= 1
    loop._make_self_pipe()
    if loop._signal_handlers:
        signal.set_wakeup_fd(loop._csock.fileno())
    shared.close()
