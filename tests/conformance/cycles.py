"""Starts and stops the kernel N times, quickly: at every other time as soon as it answers, else before it does."""
import json
import sys

from jupyter_client.manager import KernelManager

ended = []
for turn in range(int(sys.argv[1])):
    manager = KernelManager(kernel_name="replique")
    manager.start_kernel()
    process = manager.provisioner.process
    if turn % 2 == 0:
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        client.stop_channels()
    manager.shutdown_kernel()
    ended.append(process.pid)
print(json.dumps(ended))
