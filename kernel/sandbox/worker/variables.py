"""What stands in memory, for a model that goes on with it. Helpers' own code (`__repr__`, properties) is not run."""

import types

from replique_worker.static import is_a, module_of, name_of

MOST = 30
MOST_PARTS = 8
LONGEST_PART = 60
LONGEST = 200
LEFT_OUT = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)


def variables(shell):
    """
    The newest names that helpers gave a value, each with what the value is. Plain values (numbers, text, lists of
    them) are left out: the conversation has what was printed of them, and their names led a small model astray.
    """
    hidden = shell.user_ns_hidden
    found = [
        {"name": name, "value": describe(value)}
        for name, value in list(shell.user_ns.items())
        if type(name) is str and name.isidentifier() and len(name) <= LONGEST_PART
        if not name.startswith("_") and name not in hidden
        if not is_plain(type(value)) and not is_a(value, LEFT_OUT)
    ]
    return {"variables": found[-MOST:]}


def is_plain(kind):
    module = module_of(kind)
    return module == "builtins" or (module == "numpy" and name_of(kind) != "ndarray")


def describe(value):
    kind = type(value)
    library = module_of(kind).partition(".")[0]
    text = name_of(kind)
    try:
        if library == "pandas" and text == "DataFrame":
            text = f"DataFrame of {len(value)} rows; columns {parts(value.columns)}"
        elif library == "pandas" and text == "Series":
            text = f"Series of {len(value)}; index {parts(value.index)}"
        elif library == "numpy" and text == "ndarray":
            text = f"ndarray {value.shape} {value.dtype}"
    except Exception:
        pass
    return text[:LONGEST]


def parts(items):
    """The first few of them, as far as they are plain text or numbers."""
    first = [item for item, _ in zip(items, range(MOST_PARTS))]
    shown = [str(item)[:LONGEST_PART] if type(item) in (str, int, float) else type(item).__name__ for item in first]
    return ", ".join(shown) + (", …" if len(items) > len(first) else "")
