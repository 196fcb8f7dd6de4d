"""Packs what is installed for this Python as wheels, into the folder that is named: an index without a network."""

import base64
import hashlib
import importlib.metadata
import sys
import zipfile
from pathlib import Path

PURE = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def pack(found, folder):
    name, version = found.metadata["Name"].replace("-", "_"), found.version
    about = f"{name}-{version}.dist-info"
    wheel = found.read_text("WHEEL") or PURE
    tags = [line[5:] for line in wheel.splitlines() if line.startswith("Tag: ")]
    tag = next((tag for tag in tags if not tag.startswith("py2-")), tags[0])
    source = Path(found.locate_file(""))
    files = {}
    for file in found.files or []:
        path = str(file)
        if not path.startswith("..") and "__pycache__" not in path and ".dist-info" not in path:
            files[path] = (source / path).read_bytes()
    if not found.files:
        files[f"{name}.py"] = (source / f"{name}.py").read_bytes()
    files[f"{about}/METADATA"] = found.read_text("METADATA").encode()
    files[f"{about}/WHEEL"] = wheel.encode()
    lines = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(content)}\n")
    files[f"{about}/RECORD"] = ("".join(lines) + f"{about}/RECORD,,\n").encode()
    with zipfile.ZipFile(Path(folder) / f"{name}-{version}-{tag}.whl", "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)


wanted = sys.argv[2:]
for one in importlib.metadata.distributions():
    if not wanted or one.metadata["Name"] in wanted:
        pack(one, sys.argv[1])
