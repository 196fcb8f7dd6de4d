"""What is too large for one message is kept in the workspace, as the host keeps what is too large to be shown."""

import json
import os

FOLDER = "replique-outputs"
EXTENSIONS = {
    "text/plain": "txt",
    "text/html": "html",
    "text/markdown": "md",
    "text/latex": "tex",
    "application/json": "json",
    "image/svg+xml": "svg",
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/gif": "gif",
    "image/webp": "webp",
}
SMALLEST = 250_000


class Kept:
    def __init__(self):
        self.workspace = os.getcwd()

    def bundle(self, bundle):
        """Writes the large parts of a bundle into files; returns a sentence that says where, or an empty text."""
        paths = []
        for kind, value in (bundle or {}).items():
            data = bytes_of(value)
            if kind not in EXTENSIONS or data is None or len(data) < SMALLEST:
                continue
            path = os.path.join(FOLDER, f"output-{os.urandom(3).hex()}.{EXTENSIONS[kind]}")
            try:
                os.makedirs(os.path.join(self.workspace, FOLDER), exist_ok=True)
                with open(os.path.join(self.workspace, path), "xb") as file:
                    file.write(data)
                paths.append(path)
            except OSError:
                continue
        return f" It is in {', '.join(paths)}." if paths else ""


def bytes_of(value):
    if isinstance(value, (bytes, bytearray, memoryview)):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace")
    try:
        return json.dumps(value).encode()
    except (TypeError, ValueError):
        return None
