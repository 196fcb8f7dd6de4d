"""What IPython keeps of each cell for good is kept of the newest ones, as many as it keeps values of."""

import linecache
import re
import sys
import types
import weakref

from IPython.core.compilerop import CachingCompiler

MOST = 1000
SPARE = 200
NUMBERED = re.compile(r"_(i?)(\d+)")
# By the number of a cell: the text of its value, what it showed, how it failed.
RECORDS = ("output_hist_reprs", "outputs", "exceptions")


class Compiler(CachingCompiler):
    """Knows of which cells code is still alive: a traceback through it shows their text."""

    def __init__(self):
        super().__init__()
        self.codes = {}
        self.count = 0

    def cache(self, *args, **named):
        name = super().cache(*args, **named)
        self.codes[name] = living(self.codes.pop(name, ()))
        self.count += 1
        return name

    def __call__(self, source, filename, *args, **named):
        code = super().__call__(source, filename, *args, **named)
        if filename in self.codes:
            self.codes[filename] += map(weakref.ref, with_inner(code))
        return code

    def forget(self):
        """Drops the texts of all but the newest cells, as far as no code of theirs is left."""
        for name in list(self.codes)[:-MOST]:
            self.codes[name] = living(self.codes[name])
            if not self.codes[name]:
                del self.codes[name]
                self._filename_map.pop(name, None)
                linecache.cache.pop(name, None)


def living(references):
    return [reference for reference in references if reference() is not None]


def with_inner(code):
    """The code and that of all that is defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from with_inner(constant)


def forget_old(shell):
    """To be called after each run; does something after every two hundredth."""
    compiler = shell.compile
    if compiler.count < SPARE:
        return
    compiler.count = 0
    forget_history(shell)
    forget_names(shell)
    forget_failures(compiler.codes)
    compiler.forget()


def forget_history(shell):
    history = shell.history_manager
    # It waits there for a database that there is none of.
    history.db_input_cache.clear()
    for texts in (history.input_hist_parsed, history.input_hist_raw):
        place = len(texts) - MOST
        while place > 0 and texts[place - 1]:
            place -= 1
            texts[place] = ""
    for record in (getattr(history, name, {}) for name in RECORDS):
        forget_keys(record, lambda number: number <= shell.execution_count - MOST)


def forget_names(shell):
    """`_i7` of old inputs. IPython removes `_7` of old values itself, but not from its list of names that are not the user's."""
    hidden, names = shell.user_ns_hidden, shell.user_ns
    values = names.get("_oh", ())
    oldest = shell.execution_count - MOST
    for name in list(hidden):
        found = NUMBERED.fullmatch(name)
        if found and (int(found[2]) <= oldest if found[1] else int(found[2]) not in values):
            value = hidden.pop(name)
            if names.get(name) is value:
                del names[name]


def forget_failures(cells):
    """What the package `executing` keeps of each place where code has failed, the code itself among it, has no bound."""
    executing = sys.modules.get("executing.executing")
    if executing is None:
        return
    executing.statement_containing_node.cache_clear()
    for kind in (executing.Source, *executing.Source.__subclasses__()):
        kind.statements_at_line.cache_clear()
        forget_keys(vars(kind).get("__source_cache_with_lines", {}), lambda key: key[0] in cells)
        forget_keys(vars(kind).get("__executing_cache", {}), lambda key: key[0].co_filename in cells)


def forget_keys(mapping, is_old):
    for key in [key for key in mapping if is_old(key)]:
        del mapping[key]
