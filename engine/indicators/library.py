"""TA-Lib's compiled functions, without pandas.

Its package, and the compiled part itself, load pandas where it is installed, so as to take Series too: 75 MB and two
seconds for each process that draws or decides. Nothing here is a Series. Whoever imports the package later (pandas-ta
does) gets it whole, around these very functions.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType

NAME = "talib._ta_lib"


def compiled() -> ModuleType:
    """Raises ImportError where TA-Lib is missing."""
    if NAME in sys.modules:
        return sys.modules[NAME]
    package = find_spec("talib")
    spec = PathFinder.find_spec(NAME, package.submodule_search_locations) if package else None
    if spec is None or spec.loader is None:
        raise ImportError("TA-Lib must be installed, was not found", name=NAME)
    module = module_from_spec(spec)
    sys.modules[NAME] = module
    with _without("pandas"), _without("polars"):
        spec.loader.exec_module(module)
    module._ta_initialize()
    return module


@contextmanager
def _without(name: str) -> Iterator[None]:
    """As if the library were not installed, unless it is loaded already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # documented: makes its import fail
    try:
        yield
    finally:
        del sys.modules[name]


talib = compiled()
