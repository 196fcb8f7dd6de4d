"""Uses Replique's kernel as a day would, and looks for what grows.

usage: python leak.py --argv JSON [--cells N] [--restarts N]; JSON is the argv of Replique’s kernelspec

Cells of every kind run in one kernel, then kernels are restarted. Memory, descriptors and processes are read in the second
and in the last tenth of the cells (of memory the lowest reading, since Node's heap is collected now and then), and after the
first and the last restart; files in the temporary folders, before and after. Exit status 1 if something has grown.
"""

import argparse
import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from kernels import TIMEOUT, descendants, tree_memory_mb

CELLS = [
    "%%python\n1 + 1",
    "%%python\nprint('text')",
    "%%python\nimport os; open(f'file-{os.getpid() % 7}.txt', 'w').write('x' * 10_000); None",
    "%%python\ndisplay({'text/html': '<b>bold</b>', 'text/plain': 'bold'}, raw=True)",
    "%%python\n1 / 0",
    "%%python\nlast = [0] * 10_000",
    "%%bash\necho bash",
    "%help",
    "What is 6 times 7?",
]
REPLIES = [{"text": '<helpers lang="python">\nprint(6 * 7)\n</helpers>'}, {"text": "It is 42."}]
# What may grow: what the conversation holds is meant to stay.
MOST_MB = 25
LOOK = 50


def start(argv, directory):
    script = Path(directory, "script.json")
    script.write_text(json.dumps({"replies": REPLIES, "repeat": True}))
    manager = KernelManager(kernel_name="replique")
    manager._kernel_spec = KernelSpec(argv=argv, display_name="r", language="r", interrupt_mode="message")
    env = {**os.environ, "REPLIQUE_PROVIDER": "mock", "REPLIQUE_MOCK_SCRIPT": str(script)}
    work = Path(directory, "work")
    work.mkdir(exist_ok=True)
    manager.start_kernel(cwd=str(work), env=env)
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=TIMEOUT)
    return manager, client


def figures(pid):
    found = descendants(pid)
    files = 0
    for one in found:
        try:
            files += len(os.listdir(f"/proc/{one}/fd"))
        except OSError:
            continue
    return {"memory, MB": tree_memory_mb(pid), "descriptors": files, "processes": len(found)}


def run(client, code):
    client.execute_interactive(code, timeout=TIMEOUT, output_hook=lambda _: None, allow_stdin=False)


def temporary_files():
    return {name for folder in ("/tmp", "/dev/shm") for name in os.listdir(folder) if "replique" in name}


def grown(name, before, after, allowed):
    verdict = "grown" if after > before + allowed else "ok"
    print(f"{name:<34}{before:>10.0f}{after:>10.0f}   {verdict}")
    return verdict == "grown"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--argv", type=json.loads, required=True, metavar="JSON")
    parser.add_argument("--cells", type=int, default=20_000)
    parser.add_argument("--restarts", type=int, default=200)
    options = parser.parse_args()
    bad = False
    before_files = temporary_files()
    with tempfile.TemporaryDirectory(prefix="leak-") as directory:
        manager, client = start(options.argv, directory)
        pid = manager.provisioner.pid
        tenths = {1: {}, 9: {}}
        begin = time.monotonic()
        for number in range(options.cells):
            run(client, CELLS[number % len(CELLS)])
            tenth = tenths.get(number * 10 // options.cells)
            if tenth is not None and number % LOOK == 0:
                lowest = tenth.get("memory, MB", math.inf)
                tenth |= figures(pid)
                tenth["memory, MB"] = min(lowest, tenth["memory, MB"])
        early, late = tenths.values()
        print(f"{options.cells} cells, {time.monotonic() - begin:.0f} s{'':<14}{'early':>10}{'late':>10}")
        for name, allowed in (("memory, MB", MOST_MB), ("descriptors", 10), ("processes", 2)):
            bad |= grown(name, early[name], late[name], allowed)
        begin = time.monotonic()
        early = None
        for number in range(options.restarts):
            manager.restart_kernel()
            client.wait_for_ready(timeout=TIMEOUT)
            run(client, CELLS[number % len(CELLS)])
            if number == 0:
                early = {**figures(manager.provisioner.pid), "own": len(descendants(os.getpid()))}
        late = {**figures(manager.provisioner.pid), "own": len(descendants(os.getpid()))}
        print(f"{options.restarts} restarts, {time.monotonic() - begin:.0f} s{'':<14}{'early':>10}{'late':>10}")
        for name, allowed in (("memory, MB", MOST_MB), ("descriptors", 30), ("processes", 4), ("own", 4)):
            bad |= grown(name, early[name], late[name], allowed)
        client.stop_channels()
        manager.shutdown_kernel(now=False)
    left = temporary_files() - before_files
    print(f"left in the temporary folders: {', '.join(sorted(left)) or 'nothing'}")
    return 1 if bad or left else 0


sys.exit(main())
