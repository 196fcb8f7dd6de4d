"""Entry of the worker, run by init.py in a fork of itself.

sys.argv[1] lists the channel descriptors: text written to stdout, to stderr, the first session, spare ones.
sys.argv[2], where there is one, describes in JSON the Jupyter kernel that runs the code in Python's place.
"""

import os
import sys
import types

FILES = os.path.dirname(os.path.abspath(__file__))


def main():
    # A package made here, not found by a search: no helper's module has one of its names.
    sys.path[:] = [path for path in sys.path if path != FILES]
    package = types.ModuleType("replique_worker")
    package.__path__ = [FILES]
    sys.modules[package.__name__] = package
    from replique_worker import pump

    stdout, stderr, *sessions = [int(number) for number in sys.argv[1].split(",")]
    for descriptor in (stdout, stderr, *sessions):
        os.set_inheritable(descriptor, False)
    pipes = pump.start(stdout, stderr)
    if len(sys.argv) > 2:
        from replique_worker import bridge

        bridge.run(sessions[0], pipes, sys.argv[2])
    from replique_worker import session

    session.run(sessions, *pipes)


main()
