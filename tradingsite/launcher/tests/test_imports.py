import ast
import sys
from pathlib import Path

import pytest

MODULES = sorted(Path(__file__).parent.parent.glob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_it_needs_nothing_but_the_standard_library(module: Path) -> None:
    """The launcher runs before anything is installed."""
    nodes = list(ast.walk(ast.parse(module.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    outside = {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}
    assert {name for name in outside if not name.startswith("tradingsite.launcher")} == set()
