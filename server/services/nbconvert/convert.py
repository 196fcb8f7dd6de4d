"""Converts a notebook with nbconvert's exporters: no configuration is read, no template but the package's, nothing is run.

On stdin: a line of JSON with `format`, `name` and `bytes` (most memory), then the notebook. On stdout: a line of JSON with
`extension` and `isPacked`, then the result; a zip file where the result is several files.
"""

import io
import json
import resource
import sys
import zipfile

request = json.loads(sys.stdin.buffer.readline())
try:
    resource.setrlimit(resource.RLIMIT_AS, (request["bytes"], request["bytes"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (OSError, ValueError):
    pass  # not everywhere can memory be limited so

import nbformat
from nbconvert.exporters import HTMLExporter, MarkdownExporter, NotebookExporter, ScriptExporter, SlidesExporter
from traitlets.config import Config

exporters = {
    "html": HTMLExporter,
    "markdown": MarkdownExporter,
    "notebook": NotebookExporter,
    "script": ScriptExporter,
    "slides": SlidesExporter,
}
notebook = nbformat.reads(sys.stdin.buffer.read().decode(), as_version=4)
language = notebook.metadata.get("language_info", {})
if language.get("nbconvert_exporter") != "python":
    # The notebook would choose what is imported and run.
    language.pop("nbconvert_exporter", None)
config = Config({"TemplateExporter": {"extra_template_basedirs": []}})
exporter = exporters[request["format"]](config=config)
output, resources = exporter.from_notebook_node(notebook, resources={"metadata": {"name": request["name"]}})
body = output.encode("utf-8", "surrogatepass")
extension = resources.get("output_extension") or exporter.file_extension
is_packed = bool(resources.get("outputs"))
if is_packed:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(request["name"] + extension, body)
        for name, data in resources["outputs"].items():
            archive.writestr(name.rsplit("/", 1)[-1], data)
    body, extension = packed.getvalue(), ".zip"
sys.stdout.buffer.write(json.dumps({"isPacked": is_packed, "extension": extension}).encode() + b"\n")
sys.stdout.buffer.write(body)
