"""Values in a bounded form that runs no code of helpers: no `__repr__`, `__str__`, `__iter__`, property or metaclass of theirs."""

import sys
from itertools import islice

from replique_worker.static import is_of, module_of, name_of

DEEPEST = 3
MOST_ITEMS = 20
MOST_INNER = 8
LONGEST_INNER = 80
MOST_BITS = 2000
# Types of the standard library whose repr is its own code and short.
KNOWN = {
    "builtins": ("bool", "float", "complex", "range"),
    "datetime": ("date", "time", "datetime", "timedelta", "timezone"),
    "decimal": ("Decimal",),
    "fractions": ("Fraction",),
    "uuid": ("UUID",),
    "pathlib": ("PosixPath", "PurePosixPath", "Path"),
    "pandas": ("Timestamp", "Timedelta", "Period"),
}
# Where time zones come from: the repr of a time has that of its zone.
ZONES = ("datetime", "zoneinfo", "pytz", "dateutil", "pandas")


def is_scalar_of_numpy(kind):
    if not is_of(kind, "numpy", name_of(kind)):
        return False
    numpy = vars(sys.modules["numpy"])
    return issubclass(kind, numpy["generic"]) and not issubclass(kind, numpy["void"])


def is_known(value, kind):
    """Whether its repr is code of Python, pandas or numpy alone."""
    if is_scalar_of_numpy(kind):
        return True
    if not any(is_of(kind, module, *names) for module, names in KNOWN.items()):
        return False
    return is_known_zone(getattr(value, "tzinfo", None))


def is_known_zone(zone):
    return zone is None or module_of(type(zone)).partition(".")[0] in ZONES


def size_of(value):
    """What it is, in a few words: `list of 5`, `str of 120 characters`."""
    kind = type(value)
    if issubclass(kind, (str, bytes, bytearray)):
        unit = "characters" if issubclass(kind, str) else "bytes"
        return f"{name_of(kind)} of {base_of(kind).__len__(value)} {unit}"
    base = base_of(kind)
    return name_of(kind) if base is None else f"{name_of(kind)} of {base.__len__(value)}"


def plain(value, room, depth=0):
    """Its repr as far as it is a plain value, in about `room` characters; what is left out is said in numbers."""
    kind = type(value)
    if value is None or value is Ellipsis:
        return "None" if value is None else "..."
    if issubclass(kind, int) and kind is not bool:
        bits = int.bit_length(value)
        text = int.__repr__(value) if bits <= MOST_BITS else f"<int of {bits} bits>"
        return text if kind is int else f"{name_of(kind)}({text})"
    if issubclass(kind, (str, bytes, bytearray)):
        return text_like(value, base_of(kind), room)
    if base_of(kind) is not None:
        return items(value, kind, room, depth)
    if is_known(value, kind):
        return (str if is_scalar_of_numpy(kind) else repr)(value)[:room]
    if name_of(kind) in ("NaTType", "NAType") and module_of(kind).startswith("pandas."):
        return name_of(kind)[:-4]
    return f"<{name_of(kind)}>"


BASES = (str, bytes, bytearray, list, tuple, dict, set, frozenset)
MARKS = {list: "[]", tuple: "()", dict: "{}", set: "{}", frozenset: "{}"}


def base_of(kind):
    """The type of Python itself that it is or derives from, whose own methods can be called."""
    return next((base for base in BASES if issubclass(kind, base)), None)


def text_like(value, base, room):
    length = base.__len__(value)
    shown = base.__repr__(base.__getitem__(value, slice(0, room)))
    return shown if length <= room else f"{shown}… ({length - room} more)"


def items(value, kind, room, depth):
    base = base_of(kind)
    length = base.__len__(value)
    mark = MARKS[base]
    named = "" if kind is base and base is not frozenset else name_of(kind)
    if depth == DEEPEST:
        return f"{named}{mark[0]}… {length} items{mark[1]}" if length else f"{named}{mark}"
    most = MOST_INNER if depth else MOST_ITEMS
    parts, used = [], 0
    for item in islice(dict.items(value) if base is dict else base.__iter__(value), most):
        text = pair(item, depth) if base is dict else plain(item, inner(room, depth), depth + 1)
        if parts and used + len(text) > room:
            break
        parts.append(text)
        used += len(text) + 2
    left = [] if len(parts) == length else [f"… {length - len(parts)} more"]
    comma = "," if base is tuple and length == 1 else ""
    return f"{named}{mark[0]}{', '.join(parts + left)}{comma}{mark[1]}"


def pair(item, depth):
    key, value = item
    return f"{plain(key, LONGEST_INNER, depth + 1)}: {plain(value, LONGEST_INNER * 4 >> depth, depth + 1)}"


def inner(room, depth):
    return min(room, LONGEST_INNER * 4 >> depth)
