"""Times Replique's kernel and ipykernel side by side, in turns, through jupyter_client.

usage: python kernels.py --argv JSON [--runs N] [--json FILE]; JSON is the argv of Replique’s kernelspec

Prints, for each figure, the median of each kernel and the median of the ratios Replique / ipykernel, pair by pair.
Absolute times depend on the machine; the ratios are what is compared.
"""

import argparse
import json
import os
import queue
import statistics
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

TIMEOUT = 120


def manager(kind, argv):
    if kind == "ipykernel":
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    found = KernelManager(kernel_name=kind)
    found._kernel_spec = KernelSpec(argv=argv, display_name=kind, language=kind, interrupt_mode="message")
    return found


def descendants(pid):
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = path.read_text().split()
        except OSError:
            continue
        for child in children:
            found += descendants(int(child))
    return found


def tree_memory_mb(pid):
    """Memory of a process and all below it, in MB, as where nothing else runs these programs.

    Their own pages count as each one's share of them (proc_pid_smaps(5), Pss_Anon); of a program's or library's file the
    largest part that one of them holds counts once, whoever else maps it: this benchmark is itself Node and Python.
    """
    own, files = 0, {}
    for one in descendants(pid):
        try:
            own += kilobytes(Path(f"/proc/{one}/smaps_rollup").read_text(), ("Pss_Anon:", "Pss_Shmem:"))
            held = file_pages(Path(f"/proc/{one}/smaps").read_text())
        except OSError:
            continue
        for file, size in held.items():
            files[file] = max(size, files.get(file, 0))
    return (own + sum(files.values())) / 1000


def kilobytes(text, names):
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(names))


def file_pages(smaps):
    """kB of each mapped file that are in memory and unchanged."""
    held = {}
    file = None
    for line in smaps.splitlines():
        name, *rest = line.split()
        if not name.endswith(":"):
            file = rest[4] if len(rest) > 4 and rest[3] != "0" else None
        elif file and name in ("Rss:", "Anonymous:"):
            held[file] = held.get(file, 0) + (int(rest[0]) if name == "Rss:" else -int(rest[0]))
    return held


def execute(client, code):
    """Runs code; returns the seconds until its reply and its idle both came, and the text that it printed."""
    printed = []
    begin = time.perf_counter()

    def hook(message):
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    reply = client.execute_interactive(code, timeout=TIMEOUT, output_hook=hook, allow_stdin=False)
    seconds = time.perf_counter() - begin
    if reply["content"]["status"] != "ok":
        raise SystemExit(f"{code!r} failed: {reply['content']}")
    return seconds, "".join(printed)


def show_much(client, python):
    """Shows a text of 50 MB; returns the seconds. Beyond its bounds Replique shows the beginning and keeps the rest in a file."""
    return execute(client, python + 'display({"text/plain": "x" * 50_000_000}, raw=True)')[0]


def interrupt(client, python):
    """Interrupts a loop that spins; returns the seconds from the request to the cell's idle."""
    cell = client.execute(python + "print('on', flush=True)\nwhile True: pass", allow_stdin=False)
    heard = iter(lambda: client.get_iopub_msg(timeout=TIMEOUT), None)
    mine = (message for message in heard if message["parent_header"].get("msg_id") == cell)
    next(message for message in mine if message["msg_type"] == "stream")
    begin = time.perf_counter()
    client.control_channel.send(client.session.msg("interrupt_request", {}))
    next(message for message in mine if message["content"].get("execution_state") == "idle")
    seconds = time.perf_counter() - begin
    client.get_shell_msg(timeout=TIMEOUT)
    return seconds


def wait_for_iopub(client):
    """Until what the kernel publishes is heard. The client's own way, `wait_for_ready`, takes 0.2 s more."""
    while True:
        client.kernel_info()
        client.get_shell_msg(timeout=TIMEOUT)
        try:
            client.get_iopub_msg(timeout=0.02)
            return
        except queue.Empty:
            continue


def measure(kind, options, directory):
    python = "%%python\n" if kind == "replique" else ""
    kernel = manager(kind, options.argv)
    figures = {}
    begin = time.perf_counter()
    kernel.start_kernel(cwd=directory, env={**os.environ, "REPLIQUE_PROVIDER": "mock"})
    client = kernel.client()
    client.start_channels()
    try:
        client.kernel_info()
        client.get_shell_msg(timeout=TIMEOUT)
        figures["start to kernel_info reply, s"] = time.perf_counter() - begin
        wait_for_iopub(client)
        _, text = execute(client, python + "print(6 * 7)")
        assert text.strip() == "42", text
        figures["start to first output, s"] = time.perf_counter() - begin
        trivial = [execute(client, python + "1 + 1")[0] for _ in range(options.cells)]
        figures["trivial cell p50, ms"] = statistics.median(trivial) * 1000
        figures["trivial cell p99, ms"] = sorted(trivial)[int(len(trivial) * 0.99)] * 1000
        seconds, text = execute(client, python + "for i in range(20_000): print(i)")
        assert text.split() == [str(i) for i in range(20_000)], "lines were lost"
        figures["20,000 printed lines, ms"] = seconds * 1000
        figures["memory of the process tree, MB"] = tree_memory_mb(kernel.provisioner.pid)
        figures["50 MB shown, ms"] = show_much(client, python) * 1000
        figures["interrupt, ms"] = statistics.median(interrupt(client, python) for _ in range(5)) * 1000
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=False)
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--argv", type=json.loads, required=True, metavar="JSON")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = {"replique": [], "ipykernel": []}
    with tempfile.TemporaryDirectory() as directory:
        for run in range(options.runs + 1):
            order = list(rows) if run % 2 else list(reversed(rows))
            for kind in order:
                figures = measure(kind, options, directory)
                if run > 0:
                    rows[kind].append(figures)
    report = []
    for name in rows["replique"][0]:
        mine = [run[name] for run in rows["replique"]]
        peer = [run[name] for run in rows["ipykernel"]]
        ratios = [a / b for a, b in zip(mine, peer)]
        report.append(
            {
                "figure": name,
                "replique": statistics.median(mine),
                "ipykernel": statistics.median(peer),
                "ratio": statistics.median(ratios),
                "lowest": min(ratios),
                "highest": max(ratios),
            }
        )
    print(f"{'median of ' + str(options.runs) + ' pairs':<34}{'Replique':>10}{'ipykernel':>11}{'ratio':>8}   (range)")
    for row in report:
        print(
            f"{row['figure']:<34}{row['replique']:>10.2f}{row['ipykernel']:>11.2f}{row['ratio']:>8.2f}"
            f"   ({row['lowest']:.2f} – {row['highest']:.2f})"
        )
    if options.json:
        options.json.write_text(json.dumps({"runs": options.runs, "figures": report}, indent=2) + "\n")


if __name__ == "__main__":
    main()
