"""What values are and have, found without running code of theirs: no property, no `__getattr__`, no `__dir__`, no `__repr__`."""

import inspect
import re
import sys
import types

MISSING = object()
FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.MethodDescriptorType)
FUNCTIONS += (types.WrapperDescriptorType, types.ClassMethodDescriptorType, types.MethodWrapperType)
WRAPPERS = (staticmethod, classmethod)
MOST_COLUMNS = 1000
OWN_PARAMETER = re.compile(r"\(\$\w+(?:, /)?(?:, )?")

# Of the classes themselves: a class may say otherwise of itself.
name_of = type.__dict__["__name__"].__get__
bases_of = type.__dict__["__mro__"].__get__
attributes_of = type.__dict__["__dict__"].__get__
names_in_module = types.ModuleType.__dict__["__dict__"].__get__


def is_a(value, kinds):
    """As isinstance, without asking the value what its class is."""
    return issubclass(type(value), kinds)


def module_of(kind):
    module = type.__dict__["__module__"].__get__(kind)
    return module if type(module) is str else ""


def is_of(kind, library, *names):
    """Whether the type is one of these of a library that is loaded, by identity: a name can be forged."""
    module = sys.modules.get(library)
    if type(module) is not types.ModuleType:
        return False
    known = names_in_module(module)
    return any(kind is known.get(name, MISSING) for name in names)


def follow(namespace, path):
    """The value that a dotted path leads to; MISSING where there is none, or only code can tell."""
    first, *rest = path
    value = namespace.get(first, MISSING)
    if first == "Out" and len(rest) == 1 and rest[0].isdecimal() and type(value) is dict:
        return value.get(int(rest[0]), MISSING)
    for name in rest:
        value = child(value, name)
        if value is MISSING:
            break
    return value


def child(value, name):
    if is_of(type(value), "pandas", "DataFrame"):
        series = column(value, name)
        if series is not MISSING:
            return series
    found = attribute(value, name)
    return MISSING if is_computed(found) else found


def attribute(value, name):
    found = inspect.getattr_static(value, name, MISSING)
    if type(found) in WRAPPERS:
        return found.__func__
    if type(found) is types.MemberDescriptorType and not is_a(value, type):
        try:
            return found.__get__(value)
        except AttributeError:
            return MISSING
    return found


def is_computed(found):
    """Whether it stands for a value that is made when it is asked for."""
    return not is_a(found, FUNCTIONS) and any("__get__" in attributes_of(base) for base in bases_of(type(found)))


def column(frame, name):
    for position, known in enumerate(columns(frame)):
        if known is not MISSING and known == name:
            return frame.iloc[:, position]
    return MISSING


def columns(frame):
    """A table's column names as far as they are text; others stand as MISSING."""
    return [name if type(name) is str else MISSING for name, _ in zip(frame.columns, range(MOST_COLUMNS))]


def members(value):
    """Names of what it has: (name, kind), a table's columns first. Each once."""
    found = {}
    if is_of(type(value), "pandas", "DataFrame"):
        found = {name: "column" for name in columns(value) if name is not MISSING and name.isidentifier()}
    for names in namespaces(value):
        for name in list(names):
            if type(name) is str and name not in found:
                found[name] = kind_of(attribute(value, name))
    return found.items()


def namespaces(value):
    if is_a(value, types.ModuleType):
        yield names_in_module(value)
        return
    own = own_namespace(value)
    if own is not None:
        yield own
    classes = bases_of(value) if is_a(value, type) else bases_of(type(value))
    yield from map(attributes_of, classes)


def own_namespace(value):
    """The attributes that a value has itself, without a look at what its class computes; None where it has none."""
    for base in bases_of(type(value)):
        getter = attributes_of(base).get("__dict__")
        if getter is not None:
            names = getter.__get__(value) if type(getter) is types.GetSetDescriptorType else None
            return names if type(names) in (dict, types.MappingProxyType) else None
    return None


def class_has(value, name):
    """Whether a class of this value has that name."""
    return any(name in attributes_of(base) for base in bases_of(type(value)))


def kind_of(value):
    """In one word, as completers name kinds."""
    if is_a(value, FUNCTIONS) or type(value) in WRAPPERS:
        return "function"
    if is_a(value, types.ModuleType):
        return "module"
    if is_a(value, type):
        return "class"
    if value is MISSING or is_computed(value):
        return "property"
    return name_of(type(value))[:60]


def signature_of(value):
    """Parameters as they were written, with defaults that are plain; empty where there are none to tell."""
    value = value.__func__ if type(value) in (types.MethodType, *WRAPPERS) else value
    if type(value) is types.FunctionType:
        return of_function(value)
    if is_a(value, FUNCTIONS):
        text = value.__text_signature__
        return OWN_PARAMETER.sub("(", text)[:500] if type(text) is str else ""
    return ""


def of_function(function):
    code, defaults, by_name = function.__code__, function.__defaults__ or (), function.__kwdefaults__ or {}
    names = code.co_varnames
    count, first_default = code.co_argcount, code.co_argcount - len(defaults)
    parts = []
    for index, name in enumerate(names[:count]):
        parts.append(with_default(name, defaults[index - first_default] if index >= first_default else MISSING))
        if index + 1 == code.co_posonlyargcount:
            parts.append("/")
    end = count + code.co_kwonlyargcount
    has_rest = code.co_flags & inspect.CO_VARARGS
    if has_rest:
        parts.append("*" + names[end])
    elif code.co_kwonlyargcount:
        parts.append("*")
    parts += [with_default(name, by_name.get(name, MISSING)) for name in names[count:end]]
    if code.co_flags & inspect.CO_VARKEYWORDS:
        parts.append("**" + names[end + bool(has_rest)])
    return f"({', '.join(parts)})"[:500]


def with_default(name, default):
    if default is MISSING:
        return name
    is_plain = type(default) in (str, float, bool, type(None)) or (type(default) is int and abs(default) < 10**12)
    return f"{name}={default!r}"[:80] if is_plain else f"{name}=…"
