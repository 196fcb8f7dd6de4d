"""A bounded view of a value, for a prompt that points at it. Tables and arrays of pandas and numpy, plain values, functions."""

import inspect
import linecache
import sys
import types

from replique_worker.plain import is_known_zone, plain, size_of
from replique_worker.static import is_of, module_of, name_of, own_namespace

ROWS = 5
COLUMNS = 30
LONGEST_CELL = 60
MOST_ITEMS = 20
MOST_LINES = 60
MOST_ATTRIBUTES = 20


def view(value, room):
    """What it is, in a few words, and what can be seen of it, in `room` characters; whether these are a table's first rows."""
    kind = type(value)
    text, is_part = "", False
    try:
        if is_of(kind, "pandas", "DataFrame"):
            what = f"DataFrame {value.shape[0]}×{value.shape[1]}"
            text, is_part = frame_view(value), value.shape[0] > ROWS
        elif is_of(kind, "pandas", "Series"):
            what = f"Series of {len(value)}"
            text, is_part = series_view(value), len(value) > ROWS * 2
        elif is_index(kind):
            what = f"{name_of(kind)} of {len(value)}"
            text = f"dtype {dtype_name(value.dtype)}\n{listed(value)}"
        elif is_of(kind, "numpy", "ndarray"):
            what = f"ndarray {'×'.join(map(str, value.shape)) or 'scalar'}"
            text = f"shape {value.shape}, dtype {dtype_name(value.dtype)}\n{array_view(value)}"
        elif kind is types.FunctionType:
            what, text = "function", source_of(value)
        elif issubclass(kind, type):
            what, text = "class", class_view(value)
        else:
            what, text = size_of(value), plain(value, room)
            attributes = own_namespace(value)
            if attributes and text == f"<{name_of(kind)}>":
                text = attributes_view(attributes)
    except Exception:
        what, text = name_of(kind), "(it could not be looked at)"
    return {"what": what[:200], "text": text[:room], "isPart": is_part}


def is_index(kind):
    names = ("Index", "RangeIndex", "DatetimeIndex", "CategoricalIndex", "MultiIndex", "TimedeltaIndex", "PeriodIndex")
    return is_of(kind, "pandas", *names)


def is_known_dtype(dtype):
    """Whether it is one of pandas' or numpy's own: others are helpers' code."""
    kind = type(dtype)
    numpy = sys.modules.get("numpy")
    if type(numpy) is types.ModuleType and issubclass(kind, vars(numpy)["dtype"]):
        return True
    module = module_of(kind)
    if module.partition(".")[0] != "pandas" or not is_of(kind, module, name_of(kind)):
        return False
    return is_known_zone(getattr(dtype, "tz", None))


def dtype_name(dtype):
    return str(dtype)[:LONGEST_CELL] if is_known_dtype(dtype) else name_of(type(dtype))


def frame_view(frame):
    rows, columns = frame.shape
    shown = min(columns, COLUMNS)
    labels = labels_of(frame.columns[:shown])
    dtypes = list(frame.dtypes.iloc[:shown])
    lines = [f"{name}: {dtype_name(dtype)}" for name, dtype in zip(labels, dtypes)]
    more = [f"… and {columns - shown} more columns"] if shown < columns else []
    head = frame.iloc[:ROWS]
    table = [["", *labels_of(head.index)]]
    table += [[name, *column_cells(head.iloc[:, at], dtype)] for at, (name, dtype) in enumerate(zip(labels, dtypes))]
    title = f"{rows} rows, {columns} columns ({', '.join(lines + more)})"
    first = f"only the first {ROWS} of {rows} rows are here:" if rows > ROWS else "all rows:"
    return "\n".join([title, first, *aligned(table)])


def series_view(series):
    head = series.iloc[: ROWS * 2]
    first = f"only the first {len(head)} of {len(series)} are here:" if len(head) < len(series) else "all:"
    table = [labels_of(head.index), column_cells(head, series.dtype)]
    return "\n".join([f"name {label(series.name)}, dtype {dtype_name(series.dtype)}", first, *aligned(table)])


def labels_of(index):
    return column_cells(index, index.dtype)


def column_cells(column, dtype):
    if not is_known_dtype(dtype):
        return [f"<{name_of(type(dtype))}>"] * len(column)
    return [label(item) for item in column.tolist()]


def label(item):
    """One cell of a table: text without quotes."""
    if issubclass(type(item), str):
        text = str.__getitem__(item, slice(0, LONGEST_CELL)).replace("\n", "\\n").replace("\t", "\\t")
        return text if str.__len__(item) <= LONGEST_CELL else f"{text}…"
    return plain(item, LONGEST_CELL, 2)


def aligned(columns):
    widths = [max(map(len, column), default=0) for column in columns]
    rows = zip(*columns)
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in rows]


def listed(index):
    shown = labels_of(index[:MOST_ITEMS])
    left = len(index) - len(shown)
    return ", ".join(shown) + (f", … {left} more" if left else "")


def array_view(array):
    if array.ndim == 2:
        rows, columns = array.shape
        part = array[:ROWS, :MOST_ITEMS].tolist()
        lines = [", ".join(label(item) for item in row) for row in part]
        cut = rows > ROWS or columns > MOST_ITEMS
        note = f"first {min(rows, ROWS)} rows and {min(columns, MOST_ITEMS)} columns:\n" if cut else ""
        return note + "\n".join(lines)
    first = array.flat[:MOST_ITEMS].tolist()
    left = array.size - len(first)
    return ", ".join(label(item) for item in first) + (f", … {left} more" if left else "")


def source_of(function):
    """Its source as it was run, from where tracebacks have it."""
    code = function.__code__
    lines = linecache.cache.get(code.co_filename)
    lines = lines[2] if type(lines) is tuple and len(lines) == 4 else []
    if type(lines) is not list or not lines:
        return f"def {code.co_name}({', '.join(code.co_varnames[: code.co_argcount])}): …"
    block = inspect.getblock(lines[code.co_firstlineno - 1 :])
    left = len(block) - MOST_LINES
    return "".join(block[:MOST_LINES]).rstrip() + (f"\n… {left} more lines" if left > 0 else "")


def class_view(kind):
    own = type.__dict__["__dict__"].__get__(kind)
    bases = [name_of(base) for base in type.__dict__["__bases__"].__get__(kind)]
    names = [name for name in own if type(name) is str and not name.startswith("_")][:MOST_ATTRIBUTES]
    return f"class {name_of(kind)}({', '.join(bases)}) with {', '.join(names) or 'no public names'}"


def attributes_view(attributes):
    lines = [
        f"{name} = {plain(value, 200, 1)}"
        for name, value in list(attributes.items())[:MOST_ATTRIBUTES]
        if type(name) is str
    ]
    left = len(attributes) - len(lines)
    return "with the attributes\n" + "\n".join(lines + ([f"… {left} more"] if left else []))
