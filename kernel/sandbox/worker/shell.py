"""IPython's shell, with everything that it shows made a message."""

import os
import sys
import warnings

from IPython.core import page
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from replique_worker.forgetting import Compiler
from replique_worker.outbox import LONGEST_NAME, LONGEST_TEXT, bounded

MISSING = object()
MATPLOTLIB_BACKEND = "module://matplotlib_inline.backend_inline"


class Publisher(DisplayPublisher):
    outbox = None

    def publish(self, data, metadata=None, *, transient=None, update=False, **_):
        fields = {"metadata": metadata or {}}
        display_id = (transient or {}).get("display_id")
        if display_id is not None:
            fields["displayId"] = str(display_id)[:LONGEST_NAME]
        self.outbox.send("update_display" if update else "display", data, **fields)

    def clear_output(self, wait=False):
        self.outbox.send("clear_output", wait=bool(wait))


class Hook(DisplayHook):
    outbox = None

    def write_output_prompt(self):
        """Jupyter's clients write the prompt."""

    def write_format_data(self, format_dict, md_dict=None):
        self.outbox.send("result", format_dict, metadata=md_dict or {})

    def finish_displayhook(self):
        """The text is flushed by what follows it."""


class Shell(InteractiveShell):
    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)
    compiler_class = Type(Compiler)

    outbox = None
    error = None

    def init_hooks(self):
        super().init_hooks()
        self.set_hook("show_in_pager", page.as_hook(self.show_page), 99)

    def show_page(self, text, start=0, screen_lines=0):
        """Some clients have a pager for it."""
        data = text if isinstance(text, dict) else {"text/plain": "\n".join(str(text).split("\n")[start:])}
        self.outbox.send("display", data, metadata={}, pager=True)

    def enable_gui(self, gui=None):
        """There is no window to show anything in."""

    def ask_exit(self):
        """`exit` and `quit` end the cell's line, not the session."""

    def _get_exc_info(self, exc_tuple=None):
        etype, value, traceback = super()._get_exc_info(exc_tuple)
        return etype, value, without_own_frames(traceback)

    def _showtraceback(self, etype, evalue, stb):
        if etype is SystemExit and evalue.code in (None, 0):
            return
        self.error = {
            "ename": etype.__name__[:LONGEST_NAME],
            "evalue": text_of(evalue)[:LONGEST_TEXT],
            "traceback": bounded([str(line) for line in stb]),
        }
        self.outbox.send("error", error=self.error)


def without_own_frames(traceback):
    """Cuts off what the helper did not call knowingly: the signal handler, the streams."""
    last = None
    entry = traceback
    while entry is not None:
        if entry.tb_frame.f_globals.get("__name__", "").startswith("replique_worker."):
            if last is not None:
                last.tb_next = None
            break
        last, entry = entry, entry.tb_next
    return traceback


def text_of(value):
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__name__} that can't be shown>"


def make_shell(outbox):
    os.environ.setdefault("MPLBACKEND", MATPLOTLIB_BACKEND)
    if not os.path.exists("/etc/fonts/fonts.conf"):
        os.environ.setdefault("FONTCONFIG_FILE", os.path.join(os.path.dirname(__file__), "fonts.conf"))
    config = Config()
    config.HistoryManager.enabled = False
    config.Completer.use_jedi = False
    shell = Shell.instance(config=config)
    Publisher.outbox = Hook.outbox = shell.outbox = outbox
    warnings.filterwarnings("ignore", message="To exit: use", category=UserWarning)
    return shell


def run_unstored(shell, code, silent):
    """Runs code that is no cell of its own: IPython would give what it comes to the number of another."""
    number = shell.displayhook.prompt_count
    places = [(shell.user_ns.get("_oh"), number), (shell.user_ns, f"_{number}")]
    before = [place.get(key, MISSING) if isinstance(place, dict) else MISSING for place, key in places]
    try:
        shell.run_cell(code, store_history=False, silent=silent)
    finally:
        for (place, key), value in zip(places, before):
            if not isinstance(place, dict):
                continue
            if value is MISSING:
                place.pop(key, None)
            else:
                place[key] = value


def warm_up(shell):
    """Runs nothing, and formats a value and an exception that no one sees: the first ones load much, and shall delay no one's."""
    shell.run_cell("None", store_history=False, silent=True)
    shell.display_formatter.format(1)
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        shell.InteractiveTB.structured_traceback(*sys.exc_info(), tb_offset=0)
