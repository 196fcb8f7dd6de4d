"""Runs a cell, kills the kernel, has it started anew as Jupyter's server does after a crash, then restarts it as a person does.

The arguments are the cells: one before, one after the crash, one after the restart, and what brings the conversation back.
Prints a line of JSON with what each showed.
"""
import json
import os
import signal
import sys

from jupyter_client.multikernelmanager import MultiKernelManager

kernels = MultiKernelManager()
kernel = kernels.get_kernel(kernels.start_kernel(kernel_name="replique"))


def run(code):
    client = kernel.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        shown = []
        reply = client.execute_interactive(
            code, timeout=60, output_hook=lambda message: shown.append(json.dumps(message["content"])), stdin_hook=None
        )
        return {"status": reply["content"]["status"], "shown": "\n".join(shown)}
    finally:
        client.stop_channels()


before, crashed, restarted, *rest = sys.argv[1:]
said = [run(before)]
os.kill(kernel.provisioner.pid, signal.SIGKILL)
kernel.provisioner.process.wait()
kernel.restart_kernel(now=True, newports=False)
said.append(run(crashed))
kernel.restart_kernel(now=False)
said += [run(restarted), *map(run, rest)]
kernels.shutdown_all()
print(json.dumps(said))
