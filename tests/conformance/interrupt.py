"""Interrupts the cell CELL as soon as it shows SIGN, TRIES times, and prints from when to when it took, with what came.

The milliseconds run from just before interrupt_request is sent until the cell's idle status has arrived.
"""
import json
import sys
import time

from jupyter_client.manager import start_new_kernel

tries, sign, cell = sys.argv[1:]
manager, client = start_new_kernel(kernel_name="replique", startup_timeout=60)


def next_of(request, wanted):
    """The next message of that request for which `wanted` holds."""
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") == request and wanted(message):
            return message


def is_idle(message):
    return message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"


def run(code):
    shown = []
    reply = client.execute_interactive(code, timeout=60, output_hook=lambda message: shown.append(message["content"]))
    return {"status": reply["content"]["status"], "shown": json.dumps(shown)}


run("%%python\nkept = 5")
taken, enames = [], []
for _ in range(int(tries)):
    request = client.execute(cell)
    next_of(request, lambda message: message["msg_type"] != "execute_input" and sign in json.dumps(message["content"]))
    began = time.perf_counter()
    manager.interrupt_kernel()
    next_of(request, is_idle)
    taken.append(1000 * (time.perf_counter() - began))
    while True:
        reply = client.get_shell_msg(timeout=60)
        if reply["parent_header"]["msg_id"] == request:
            break
    enames.append(reply["content"].get("ename"))
    after = run("%%python\nprint('kept', kept)")
client.stop_channels()
manager.shutdown_kernel()
print(json.dumps({"milliseconds": taken, "enames": enames, "after": after}))
