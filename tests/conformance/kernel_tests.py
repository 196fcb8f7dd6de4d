"""Runs jupyter_kernel_test against the installed kernel and prints the tests that did not pass, with their reasons."""
import json
import sys
import unittest

import jupyter_kernel_test

PYTHON = "%%python\n"

# For one reply; matplotlib's first import is slow on a busy machine.
LONGEST_SECONDS = 60


class RepliqueTests(jupyter_kernel_test.KernelTests):
    kernel_name = "replique"
    language_name = "replique"
    file_extension = ".md"
    code_hello_world = PYTHON + "print('hello, world')"
    code_stderr = PYTHON + "import sys; print('oops', file=sys.stderr)"
    code_execute_result = [
        {"code": PYTHON + "6 * 7", "result": "42"},
        {"code": PYTHON + "from IPython.display import HTML; HTML('<b>bold</b>')", "mime": "text/html"},
    ]
    code_generate_error = PYTHON + "raise ValueError('told to')"
    completion_samples = [
        {"text": PYTHON + "zi", "matches": ["zip"]},
        {"text": "%%py", "matches": ["%%python"]},
        {"text": "%he", "matches": ["%help"]},
        {"text": "What is zi", "matches": []},
    ]
    complete_code_samples = [PYTHON + "1 + 1", PYTHON + "for i in 1, 2:\n    print(i)\n", "How many files?", "%help"]
    incomplete_code_samples = ["%%python", "%%bash", PYTHON + "def f(x):", PYTHON + "x = '''", PYTHON + "f(1,"]
    invalid_code_samples = [PYTHON + "1 = 2", PYTHON + "x = )"]
    code_page_something = "?zip"
    code_display_data = [
        {"code": PYTHON + "from IPython.display import display, HTML; display(HTML('<b>x</b>'))", "mime": "text/html"},
        {
            "code": PYTHON + "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()",
            "mime": "image/png",
        },
    ]
    code_inspect_sample = PYTHON + "zip"
    code_clear_output = PYTHON + "from IPython.display import clear_output; clear_output()"

    def execute_helper(self, code, timeout=LONGEST_SECONDS, **options):
        return super().execute_helper(code, timeout=timeout, **options)

    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "%%python*6*"


class WelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "replique"
    support_iopub_welcome = True


class Recorder(unittest.TestResult):
    """Why each test did not pass, by its name; subtests count for their test."""

    def __init__(self):
        super().__init__()
        self.reasons = {}

    def addError(self, test, err):
        self.reasons[str(test.id())] = repr(err[1])

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.reasons[str(test.id())] = f"{subtest._subDescription()}: {err[1]!r}"

    def addSkip(self, test, reason):
        self.reasons[str(getattr(test, "test_case", test).id())] = f"skipped: {reason}"


suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
recorder = Recorder()
suite.run(recorder)
short = {name.rpartition(".")[2]: reason for name, reason in recorder.reasons.items()}
print(json.dumps({"ran": recorder.testsRun, "failed": short}))
