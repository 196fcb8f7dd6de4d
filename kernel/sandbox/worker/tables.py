"""Tables as text: whole lines and all columns, for a model reads a wrapped or shortened table wrongly."""

import importlib.util
import sys

WIDTH = 1000
COLUMNS = 60


class PandasFinder:
    """Sets pandas' options when it is imported; costs nothing where it is not. Helpers may set others afterwards."""

    def find_spec(self, name, path=None, target=None):
        if name != "pandas":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = getattr(getattr(spec, "loader", None), "exec_module", None)
        if run is not None:

            def exec_module(module):
                run(module)
                set_options(module)

            spec.loader.exec_module = exec_module
        return spec


def set_options(pandas):
    try:
        pandas.set_option("display.width", WIDTH)
        pandas.set_option("display.max_columns", COLUMNS)
    except Exception:
        pass  # a pandas that has no such options


def install():
    sys.meta_path.insert(0, PandasFinder())
