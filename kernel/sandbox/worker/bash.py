"""Bash blocks: one process each, in the session's current directory, printing to the same descriptors as Python."""

import errno
import os
import signal
import subprocess

BASH = "/bin/bash"
LONGEST_CHECK = 1.5
CROWDED = (
    ". Too many processes that earlier cells started still run: end them, restart the kernel, "
    "or allow more with REPLIQUE_PROCESSES."
)


def run(code, interrupts):
    """Returns None, or the error. An interrupt kills the process and its group."""
    child = None
    try:
        with interrupts:
            child = os.posix_spawn(
                BASH,
                ["bash", "-c", code, "bash"],
                os.environ,
                file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)],
                setpgroup=0,
                setsigdef=[signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ],
            )
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except OSError as error:
        return failure(f"bash could not be started: {error.strerror}{CROWDED if error.errno == errno.EAGAIN else ''}")
    except KeyboardInterrupt:
        if child is not None:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
        return failure("", "KeyboardInterrupt")
    if status == 0:
        return None
    if status < 0:
        return failure(f"killed by signal {-status} ({signal.Signals(-status).name})")
    return failure(f"exit status {status}")


def failure(text, name="BashError"):
    return {"ename": name, "evalue": text, "traceback": [f"\x1b[31m{name}\x1b[39m: {text}"]}


def check(code):
    """What bash's own parser says, or None. Raises TimeoutExpired."""
    done = subprocess.run(
        [BASH, "-n", "-c", code, "bash"], stdin=subprocess.DEVNULL, capture_output=True, env={}, timeout=LONGEST_CHECK
    )
    return done.stderr.decode("utf-8", "replace").strip() if done.returncode else None
