"""What the editor asks about prompts: names and columns to complete, and what a value is. Code of values is not run."""

import builtins
import inspect
import itertools
import keyword
import re
import types

from replique_worker.static import (
    FUNCTIONS,
    MISSING,
    attribute,
    child,
    follow,
    is_a,
    kind_of,
    members,
    name_of,
    signature_of,
)
from replique_worker.views import view

MOST = 500
LONGEST_NAME = 200
LONGEST_VIEW = 4000
LONGEST_DOC = 1000
DOTTED = re.compile(r"((?:[^\W\d]\w*\.)*)[^\W\d]?\w*$")


def names(shell, path, prefix):
    """Those that begin so below a path: variables, or a value's columns and attributes."""
    if not path:
        hidden = shell.user_ns_hidden
        found = [(name, kind_of(value)) for name, value in list(shell.user_ns.items()) if name not in hidden]
    elif path == ["Out"]:
        outputs = shell.user_ns.get("Out")
        found = [(str(n), kind_of(v)) for n, v in list(outputs.items()) if type(n) is int] if type(outputs) is dict else []
    else:
        value = follow(shell.user_ns, path)
        found = [] if value is MISSING else members(value)
    fitting = (
        {"name": name, "kind": kind}
        for name, kind in found
        if type(name) is str and name.startswith(prefix) and len(name) <= LONGEST_NAME
        if prefix.startswith("_") or not name.startswith("_")
    )
    return {"names": list(itertools.islice(fitting, MOST))}


def glance(shell, path):
    value = follow(shell.user_ns, path)
    if value is MISSING and len(path) > 1:
        owner = follow(shell.user_ns, path[:-1])
        if owner is not MISSING and attribute(owner, path[-1]) is not MISSING:
            return {"text": f"{'.'.join(path)}: a property of {name_of(type(owner))[:60]}"}
    return {} if value is MISSING else {"text": f"{'.'.join(path)}: {seen(value)}"}


def seen(value):
    """What it is, its size, and how it begins."""
    if is_a(value, FUNCTIONS):
        return f"function {signature_of(value)}{doc(value)}"
    if is_a(value, types.ModuleType):
        return f"module{doc(value)}"
    if is_a(value, type):
        return f"class {name_of(value)[:LONGEST_NAME]}{doc(value)}"
    found = view(value, LONGEST_VIEW)
    what, text = found["what"], found["text"]
    return what if text == f"<{name_of(type(value))}>" else f"{what}\n\n{text}"


def doc(value):
    text = attribute(value, "__doc__")
    if is_a(value, FUNCTIONS):
        text = value.__doc__
    return f"\n\n{inspect.cleandoc(text)[:LONGEST_DOC]}" if type(text) is str else ""


def typed(shell, before, items):
    """Kinds and signatures of IPython's completions, which it leaves unsaid without jedi."""
    path = [part for part in DOTTED.search(before)[1].split(".") if part]
    owner = follow(shell.user_ns, path) if path else MISSING
    return [entry(shell, item, path, owner) for item in items]


def entry(shell, item, path, owner):
    kind, signature = item.type, item.signature
    name = item.text.rpartition(".")[2]
    if kind not in ("magic", "param", "path", "dict key"):
        if path:
            value = MISSING if owner is MISSING else attribute(owner, name)
            if value is MISSING and owner is not MISSING:
                value = child(owner, name)
        else:
            value = shell.user_ns.get(name, builtins.__dict__.get(name, MISSING))
        if value is not MISSING:
            kind, signature = kind_of(value), signature_of(value)
            kind = kind if kind in ("function", "module", "class", "property") else "instance"
        elif keyword.iskeyword(name):
            kind = "keyword"
    return {"text": item.text, "kind": kind[:60], "signature": signature[:500]}
