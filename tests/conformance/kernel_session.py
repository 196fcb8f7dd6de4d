"""Starts the kernel, runs each argument as a cell, says so, and ends the kernel in the way that a line of stdin names.

Prints a line of JSON when the cells have run, and one when the kernel has ended. "alive" asks whether it still answers,
"busy" leaves a cell running that never ends.
"""
import json
import os
import signal
import sys

from jupyter_client.manager import start_new_kernel


def say(**what):
    print(json.dumps(what), flush=True)


def run(cell):
    shown = []

    def hear(message):
        shown.append(message["content"].get("text", ""))

    reply = client.execute_interactive(cell, timeout=60, output_hook=hear, stdin_hook=None)
    return {"status": reply["content"]["status"], "text": "".join(shown)}


def keep_busy():
    cell = client.execute("%%python\nprint('spinning', flush=True)\nwhile True: pass")
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") == cell and message["msg_type"] == "stream":
            return


manager, client = start_new_kernel(kernel_name="replique", startup_timeout=60)
kernel = manager.provisioner.process
say(
    kernel=kernel.pid,
    connection=os.path.basename(manager.connection_file),
    cells=[run(cell) for cell in sys.argv[1:]],
)

for line in sys.stdin:
    wish = line.strip()
    if wish == "alive":
        say(alive=kernel.poll() is None, cell=run("%%python\nprint('kept', kept)"))
        continue
    if wish == "busy":
        keep_busy()
        say(busy=True)
        continue
    if wish == "shutdown":
        client.shutdown()
    else:
        os.kill(kernel.pid, getattr(signal, wish))
        if wish == "SIGINT":
            say(sent=wish)
            continue
    status = kernel.wait(timeout=30)
    client.stop_channels()
    manager.cleanup_resources()
    say(status=status)
    break
