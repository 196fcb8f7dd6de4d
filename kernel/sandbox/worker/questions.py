"""What the editor and the loop ask about code without running it."""

import ast
import traceback
import warnings

from IPython.core.completer import provisionalcompleter, rectify_completions
from IPython.utils.tokenutil import token_at_cursor

from replique_worker import bash
from replique_worker.editing import typed

MOST_MATCHES = 1000
LONGEST_LINE = 200
ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)


def complete(shell, code, cursor):
    with provisionalcompleter():
        found = list(shell.Completer.completions(code, cursor))[:MOST_MATCHES]
        found = list(rectify_completions(code, found))
    start, end = (found[0].start, found[0].end) if found else (cursor, cursor)
    matches = typed(shell, code[:cursor], found)
    if matches and all(item["text"].startswith(".") for item in matches) and code[start : start + 1] == ".":
        matches = [{**item, "text": item["text"][1:]} for item in matches]
        start += 1
    return {"matches": matches, "cursorStart": start, "cursorEnd": end}


def inspect(shell, code, cursor, detail):
    try:
        return {"data": shell.object_inspect_mime(token_at_cursor(code, cursor), detail_level=detail)}
    except KeyError:
        return {}


def is_complete(shell, code):
    status, indent = shell.check_complete(code)
    return {"status": status, "indent": indent} if status == "incomplete" else {"status": status}


def check(shell, code, language):
    problem = bash.check(code) if language == "bash" else check_python(shell, code)
    return {} if problem is None else {"complaint": problem[:4000]}


def check_python(shell, code):
    """The compiler's complaint with line and caret; IPython's own syntax (magics, `!`) is none."""
    try:
        compile_only(code)
    except ERRORS:
        try:
            compile_only(shell.transform_cell(code))
        except ERRORS as error:
            return "".join(traceback.format_exception_only(shortened(error))).rstrip()
    return None


def compile_only(code):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(code, "<helper>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


def shortened(error):
    """With no more of a long line than is around the caret."""
    text, offset = getattr(error, "text", None), getattr(error, "offset", None)
    if text and offset and len(text) > LONGEST_LINE:
        start = max(0, min(offset, len(text)) - LONGEST_LINE // 2)
        error.text = text[start : start + LONGEST_LINE]
        error.offset = error.end_offset = max(1, offset - start)
    return error
