"""Python runs this at its start where PYTHONPATH names this folder: jupyter_client then records what kernels send it.

Each message becomes a line of the file that REPLIQUE_TEST_RECORD names, with the parts as they came over the wire.
"""
import importlib.abc
import importlib.machinery
import json
import os
import sys
import threading

RECORDED = "jupyter_client.session"


def part(frame):
    return bytes(getattr(frame, "bytes", frame)).decode()


def record(session_class, path):
    feed, read = session_class.feed_identities, session_class.deserialize
    fed = threading.local()

    def feed_identities(self, msg_list, copy=True):
        identities, rest = feed(self, msg_list, copy)
        fed.last = rest, len(identities) > 0
        return identities, rest

    def deserialize(self, msg_list, content=True, copy=True):
        rest, has_topic = getattr(fed, "last", (None, False))
        header, parent, metadata, said = map(part, msg_list[1:5])
        line = {
            "isPublished": rest is msg_list and has_topic,
            **{"header": header, "parent_header": parent, "metadata": metadata, "content": said},
            "buffers": len(msg_list) - 5,
        }
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return read(self, msg_list, content, copy)

    session_class.feed_identities, session_class.deserialize = feed_identities, deserialize


class Finder(importlib.abc.MetaPathFinder):
    """Changes the class when its module has been loaded, and nothing else."""

    def find_spec(self, name, path, target=None):
        if name != RECORDED:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            record(module.Session, os.environ["REPLIQUE_TEST_RECORD"])

        spec.loader.exec_module = exec_module
        return spec


if "REPLIQUE_TEST_RECORD" in os.environ:
    sys.meta_path.insert(0, Finder())
