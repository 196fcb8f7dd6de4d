"""Executes the notebook IN with nbclient, writes it to OUT, and prints how that ended."""
import json
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

source, target = sys.argv[1:]
notebook = nbformat.read(source, as_version=4)
error = None
try:
    NotebookClient(notebook, kernel_name="replique", timeout=60).execute()
except CellExecutionError as problem:
    error = [problem.ename, problem.evalue]
nbformat.validate(notebook)
nbformat.write(notebook, target)
print(json.dumps({"error": error}))
