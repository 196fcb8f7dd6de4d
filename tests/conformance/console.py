"""Types each argument as a cell into `jupyter console` on a terminal, and prints what the terminal showed of each."""
import json
import os
import re
import sys

import pexpect

ESCAPE = r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[@-Z\\^_])"
PROMPT = rf"In \[(?:{ESCAPE})*{{}}(?:{ESCAPE})*\]:"


def shown(count):
    """Everything up to the prompt with that number, which comes once the cell before it is idle."""
    console.expect(PROMPT.replace("{}", str(count)), timeout=60)
    return re.sub(ESCAPE, "", console.before)


# There is nobody who answers where the cursor is.
os.environ["PROMPT_TOOLKIT_NO_CPR"] = "1"
console = pexpect.spawn(
    sys.executable,
    [
        *("-m", "jupyter_console", "--kernel", "replique"),
        "--ZMQTerminalInteractiveShell.kernel_is_complete_timeout=20",
    ],
    encoding="utf-8",
    dimensions=(50, 200),
)
banner = shown(1)
cells = []
for count, cell in enumerate(sys.argv[1:], start=2):
    for line in cell.split("\n"):
        console.send(line + "\r")
    cells.append(shown(count))
console.sendeof()
console.expect(r"\[y\]/n", timeout=30)
console.send("y\r")
console.expect(pexpect.EOF, timeout=60)
console.close()
print(json.dumps({"banner": banner, "cells": cells, "status": console.exitstatus}))
