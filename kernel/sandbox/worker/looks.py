"""Finds what a prompt points at: `name` or `name.attribute`. Nothing that helpers wrote is run."""

import builtins
import keyword
import sys
import types

from replique_worker.plain import base_of
from replique_worker.static import MISSING, class_has, column, columns, is_of, module_of, own_namespace
from replique_worker.views import is_index, view

MOST_VIEWS = 20
MOST_NAMES = 300
LONGEST_NAME = 60
MOST_TABLES = 30
# What is computed by pandas and numpy alone.
SHOWN = {
    "DataFrame": ("shape", "columns", "index", "size", "ndim"),
    "Series": ("shape", "index", "size", "ndim", "name"),
    "ndarray": ("shape", "size", "ndim"),
}


class Missing(Exception):
    """`of` what there are only these names."""

    def __init__(self, names):
        super().__init__()
        self.names = names


class Word(Exception):
    """It is something else than a variable: a module, a method, a word of Python."""


def looks(shell, paths, room):
    """
    For each path a view of its value; `word` where it is no variable but has another meaning, `unknown` where it has
    none; `more` beyond a number of views.
    """
    found = variables(shell)
    answers = []
    left = MOST_VIEWS
    for path in paths:
        answers.append(look(shell, found, path, room, left > 0))
        left -= answers[-1]["status"] == "value"
    return {"looks": answers, "names": names_of(name for name in found if type(found[name]) is not types.ModuleType)}


def look(shell, found, path, room, has_room):
    try:
        value = find(shell, found, path)
    except Word:
        return {"status": "word"}
    except Missing as missing:
        return {"status": "unknown", "names": names_of(missing.names)}
    except Exception:
        return {"status": "word"}
    return {"status": "value", **view(value, room)} if has_room else {"status": "more"}


def find(shell, found, path):
    first, *rest = path
    if first not in found:
        if rest or is_word(first, found):
            raise Word
        raise Missing([])
    value = found[first]
    for name in rest:
        value = attribute(value, name)
    if type(value) is types.ModuleType or is_foreign(value, shell):
        raise Word
    return value


def variables(shell):
    hidden = shell.user_ns_hidden
    return {
        name: value
        for name, value in list(shell.user_ns.items())
        if type(name) is str and name not in hidden and not name.startswith("__")
    }


def is_foreign(value, shell):
    """Functions and classes of libraries: their names are words of Python's world."""
    kind = type(value)
    if kind is types.FunctionType:
        return value.__globals__ is not shell.user_ns
    if issubclass(kind, type):
        return module_of(value) != "__main__"
    return kind in (types.BuiltinFunctionType, types.MethodType) or (module_of(kind) == "numpy" and callable(value))


def is_word(name, found):
    """Whether a name that is no variable has another meaning: of Python, a module, a column of a table."""
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in vars(builtins):
        return True
    if name in sys.modules or name in sys.stdlib_module_names:
        return True
    tables = [value for value in found.values() if is_of(type(value), "pandas", "DataFrame")]
    return any(name in named_columns(table) for table in tables[-MOST_TABLES:])


def named_columns(table):
    return [name for name in columns(table) if name is not MISSING]


def attribute(value, name):
    kind = type(value)
    if is_of(kind, "pandas", "DataFrame"):
        return column_or_shown(value, name)
    for module, library in (("pandas", "Series"), ("numpy", "ndarray")):
        if is_of(kind, module, library):
            if name in SHOWN[library]:
                return getattr(value, name)
            raise Word
    if type(value) is types.ModuleType:
        return of_module(vars(value), name)
    if is_index(kind) or base_of(kind) is not None or issubclass(kind, type):
        raise Word
    attributes = own_namespace(value)
    if attributes is not None and name in attributes:
        return attributes[name]
    if class_has(value, name):
        raise Word
    raise Missing(attributes or [])


def column_or_shown(table, name):
    series = column(table, name)
    if series is not MISSING:
        return series
    if name in SHOWN["DataFrame"]:
        return getattr(table, name)
    if class_has(table, name):
        raise Word
    raise Missing(named_columns(table))


def of_module(attributes, name):
    """What can be called there is a word of Python's world."""
    if name not in attributes or callable(attributes[name]):
        raise Word
    return attributes[name]


def names_of(names):
    """The newest of them that a person could have meant."""
    known = [name for name in names if type(name) is str and name.isidentifier() and len(name) <= LONGEST_NAME]
    return [name for name in known if not name.startswith("_")][-MOST_NAMES:]
