"""Runs a cell, leaves another running that has begun to print, and restarts the kernel as Jupyter's server does for a person.

The arguments are the cells: one before, the one that is left running, one after the restart.
Prints a line of JSON: the last one's number and what it showed.
"""
import json
import sys

from jupyter_client.multikernelmanager import MultiKernelManager

kernels = MultiKernelManager()
kernel = kernels.get_kernel(kernels.start_kernel(kernel_name="replique"))


def connect():
    client = kernel.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    return client


def run(client, code):
    shown = []
    reply = client.execute_interactive(
        code, timeout=60, output_hook=lambda message: shown.append(json.dumps(message["content"])), stdin_hook=None
    )
    return {"count": reply["content"]["execution_count"], "shown": "\n".join(shown)}


def leave_running(client, code):
    cell = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") == cell and message["msg_type"] == "stream":
            return


before, busy, after = sys.argv[1:]
client = connect()
run(client, before)
leave_running(client, busy)
client.stop_channels()
kernel.restart_kernel(now=False)
client = connect()
print(json.dumps(run(client, after)))
client.stop_channels()
kernels.shutdown_all()
