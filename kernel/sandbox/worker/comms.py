"""Widgets: what `ipywidgets` sends becomes messages of the running request, and what clients say is handed to it."""

import base64

try:
    import comm
    from comm.base_comm import BaseComm, CommManager
except ImportError:  # A person's own Python that has no widgets.
    BaseComm = CommManager = object

LONGEST_ID = 64


class Kernel:
    """What an Output widget asks for the request that runs."""

    def __init__(self, outbox):
        self.outbox = outbox

    def get_parent(self):
        return {"header": {"msg_id": self.outbox.request or ""}}


class Comm(BaseComm):
    outbox = None
    kernel = None

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, target_name="", **_):
        fields = {"event": msg_type.removeprefix("comm_"), "comm": str(self.comm_id)[:LONGEST_ID]}
        if fields["event"] == "open":
            fields["target"] = str(target_name)
        self.outbox.send("comm", buffers=[bytes(buffer) for buffer in buffers or ()], data=data or {}, **fields)

    def __del__(self):
        """Nothing is sent while memory is being cleared: another message may be half written."""


def install(outbox):
    """Makes comms of the kind above what `comm.create_comm` makes; returns their manager, where there is the package."""
    if BaseComm is object:
        return None
    Comm.outbox = outbox
    Comm.kernel = Kernel(outbox)
    manager = CommManager()
    comm.create_comm = lambda *args, **named: Comm(*args, **named)
    comm.get_comm_manager = lambda: manager
    return manager


def deliver(manager, message, shell):
    """What the widget's code raises is shown as a cell's error is."""
    known = manager and manager.comms.get(message["comm"])
    if not known:
        return
    content = {"comm_id": message["comm"], "data": message["data"]}
    buffers = [memoryview(base64.b64decode(buffer)) for buffer in message["buffers"]]
    try:
        if message["event"] == "close":
            manager.unregister_comm(known)
            known.handle_close({"content": content, "buffers": buffers})
        else:
            known.handle_msg({"content": content, "buffers": buffers})
    except BaseException:
        shell.showtraceback()
