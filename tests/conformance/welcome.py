"""Subscribes to the running kernel's iopub again and again, and asks as soon as the welcome is there: nothing may be lost.

Prints a line of JSON: for each topic what was heard first, and which states of the request came after it.
"""
import json
import sys

import zmq
from jupyter_client.manager import start_new_kernel
from jupyter_client.session import Session

manager, client = start_new_kernel(kernel_name="replique", startup_timeout=60)
info = manager.get_connection_info(session=False)
reader = Session(key=info["key"])
context = zmq.Context.instance()


def hear(socket):
    identities, parts = reader.feed_identities(socket.recv_multipart())
    return identities, reader.deserialize(parts)


def subscribe(topic):
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RCVTIMEO, 20_000)
    socket.connect(f"{info['transport']}://{info['ip']}:{info['iopub_port']}")
    socket.setsockopt(zmq.SUBSCRIBE, topic.encode())
    [identity], first = hear(socket)
    request = client.kernel_info()
    states = []
    while "idle" not in states:
        _, message = hear(socket)
        if message["parent_header"].get("msg_id") == request:
            states.append(message["content"]["execution_state"])
    socket.close()
    return {
        "topic": identity.decode(),
        "type": first["msg_type"],
        "content": first["content"],
        "parent": first["parent_header"],
        "states": states,
    }


print(json.dumps([subscribe(topic) for topic in sys.argv[1:]]))
client.stop_channels()
manager.shutdown_kernel()
