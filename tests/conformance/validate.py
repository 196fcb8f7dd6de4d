"""Validates the notebook FILE as it stands, without repairs, and prints its version."""
import json
import sys

import nbformat

with open(sys.argv[1], encoding="utf-8") as file:
    notebook = json.load(file)
nbformat.validate(notebook)
print(json.dumps([notebook["nbformat"], notebook["nbformat_minor"]]))
