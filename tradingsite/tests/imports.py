"""The imports of the project, read from the syntax trees: function bodies and type-checking blocks too."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

FOLDERS = ("engine", "exchanges", "sandbox", "apps", "tradingsite")
HEAVY = {"pandas_ta", "pandas", "numba", "llvmlite", "talib", "pyarrow"}


@dataclass(frozen=True)
class Import:
    """``target`` is a module of ours, or the first name of somebody else's package."""

    module: str
    path: Path
    line: int
    target: str
    deferred: bool  # inside a function
    in_ready: bool  # inside AppConfig.ready
    explained: bool  # a comment stands on its line or above the block of imports it belongs to

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.module} imports {self.target}"


class Project:
    """The modules under ``root`` and what they import."""

    def __init__(self, root: Path) -> None:
        files = sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py"))
        self.root = root
        self.modules = {_dotted(path.relative_to(root)): path for path in files}

    @cached_property
    def imports(self) -> list[Import]:
        return [each for module in self.modules for each in self._read(module)]

    @cached_property
    def ours(self) -> list[Import]:
        return [each for each in self.imports if each.target in self.modules]

    def cycle(self) -> list[Import]:
        """The imports that make a circle; empty when there is none."""
        graph: dict[str, set[str]] = {}
        for each in self.ours:
            graph.setdefault(each.module, set()).add(each.target)
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = error.args[1]
            steps = {frozenset(pair) for pair in pairwise(circle)}
            return [each for each in self.ours if frozenset((each.module, each.target)) in steps]
        return []

    @cached_property
    def heavy(self) -> set[str]:
        """Modules of ours that load the compiler or another heavy library, directly or not."""
        found = {each.module for each in self.imports if each.target in HEAVY and not each.deferred}
        while True:
            more = {each.module for each in self.ours if each.target in found and not each.deferred} - found
            if not more:
                return found
            found |= more

    def _read(self, module: str) -> Iterator[Import]:
        path = self.modules[module]
        source = path.read_text()
        for node, function in _statements(ast.parse(source), None):
            for target in self._targets(module, node):
                yield Import(
                    module, path.relative_to(self.root), node.lineno, target,
                    deferred=function is not None,
                    in_ready=function == "ready" and path.name == "apps.py",
                    explained=_is_explained(source.splitlines(), node.lineno),
                )  # fmt: skip

    def _targets(self, module: str, node: ast.Import | ast.ImportFrom) -> set[str]:
        if isinstance(node, ast.Import):
            return {self._named(alias.name) for alias in node.names}
        package = node.module or ""
        if node.level:
            parts = module.split(".")
            folder = parts if self.modules[module].name == "__init__.py" else parts[:-1]
            above = folder[: len(folder) - node.level + 1]
            package = ".".join([*above, *([node.module] if node.module else [])])
        whole = {f"{package}.{alias.name}" for alias in node.names}
        return {name if name in self.modules else self._named(package) for name in whole}

    def _named(self, name: str) -> str:
        return name if name in self.modules else name.partition(".")[0]


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _statements(node: ast.AST, function: str | None) -> Iterator[tuple[ast.Import | ast.ImportFrom, str | None]]:
    """Every import with the name of the function that it is in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, function
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _statements(child, child.name)
        elif isinstance(child, ast.Lambda):
            yield from _statements(child, "lambda")
        else:
            yield from _statements(child, function)


def _is_explained(lines: list[str], number: int) -> bool:
    if "#" in lines[number - 1]:
        return True
    for line in reversed(lines[: number - 1]):
        text = line.strip()
        if not text.startswith(("import ", "from ")):
            return text.startswith("#")
    return False
