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
    is_of,
    kind_of,
    members,
    module_of,
    name_of,
    signature_of,
)
from replique_worker.variables import describe

MOST = 500
LONGEST_NAME = 200
ROWS, COLUMNS, ITEMS = 5, 8, 10
LONGEST_TEXT = 200
LONGEST_DOC = 1000
PLAIN = (int, float, complex, bool, type(None), bytes)
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
    if is_of(value, "pandas", "DataFrame"):
        return f"{describe(value)}\n\n{table(value)}"
    if is_of(value, "pandas", "Series"):
        rows = [[shown(value.index[row]), shown(value.iat[row])] for row in range(min(ROWS, len(value)))]
        return f"Series of {len(value)}, {dtype(value)}\n\n{aligned(rows)}"
    if is_of(value, "numpy", "ndarray"):
        first = [shown(value.flat[index]) for index in range(min(ITEMS, value.size))]
        return f"{describe(value)}\n\n{', '.join(first)}{', …' if value.size > ITEMS else ''}"
    if is_a(value, FUNCTIONS):
        return f"function {signature_of(value)}{doc(value)}"
    if is_a(value, types.ModuleType):
        return f"module{doc(value)}"
    if is_a(value, type):
        return f"class {name_of(value)[:LONGEST_NAME]}{doc(value)}"
    kind = name_of(type(value))[:LONGEST_NAME]
    size = f" of {len(value)}" if type(value) in (str, bytes, list, tuple, dict, set, frozenset) else ""
    text = shown(value)
    return f"{kind}{size}" + ("" if text == f"<{kind}>" else f"\n\n{text}")


def table(frame):
    count = frame.shape[1]
    head = [""] + [shown(name, quotes=False) for name, _ in zip(frame.columns, range(COLUMNS))]
    rows = [
        [shown(frame.index[row], quotes=False)]
        + [shown(frame.iat[row, column], quotes=False) for column in range(min(COLUMNS, count))]
        for row in range(min(ROWS, len(frame)))
    ]
    more = f"\n… and {count - COLUMNS} more columns" if count > COLUMNS else ""
    return aligned([head, *rows]) + more


def aligned(rows):
    widths = [max(map(len, cells)) for cells in zip(*rows)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in rows)


def dtype(series):
    return str(series.dtype)[:60] if module_of(type(series.dtype)).partition(".")[0] in ("numpy", "pandas") else ""


def shown(value, depth=0, quotes=True):
    """As `repr` has it, bounded, as far as that is no code of helpers; else the name of its class."""
    kind = type(value)
    if kind is str:
        text = value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
        return repr(text) if quotes else repr(text)[1:-1]
    if kind is int and value.bit_length() > 500:
        return f"<int of {value.bit_length()} bits>"
    if kind in PLAIN:
        return repr(value[:LONGEST_TEXT] if kind is bytes else value)
    if kind in (list, tuple, set, frozenset, dict):
        return container(value, depth)
    library = module_of(kind)
    library = library.partition(".")[0] if type(library) is str else ""
    if library in ("numpy", "pandas") and is_scalar(value):
        return str(value)[:LONGEST_TEXT]
    return f"<{name_of(kind)[:60]}>"


def is_scalar(value):
    if is_of(value, "pandas", "Timestamp", "Timedelta", "Period", "Interval") or is_of(value, "datetime", "date", "datetime"):
        return True
    numpy = ("bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
    numpy += ("float16", "float32", "float64", "complex64", "complex128", "datetime64", "timedelta64", "str_", "bytes_")
    return is_of(value, "numpy", *numpy)


def container(value, depth):
    opening, closing = {list: "[]", tuple: "()", dict: "{}"}.get(type(value), "{}")
    if depth == 2:
        return f"{opening}…{closing}"
    first = list(itertools.islice(value.items() if type(value) is dict else value, ITEMS))
    if type(value) is dict:
        parts = [f"{shown(key, depth + 1)}: {shown(item, depth + 1)}" for key, item in first]
    else:
        parts = [shown(item, depth + 1) for item in first]
    return opening + ", ".join(parts) + (", …" if len(value) > ITEMS else "") + closing


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
