"""Imports point one way. Effects that go up go through registries (tradingsite/wiring.py)."""

from pathlib import Path

import pytest

from tradingsite.tests.imports import HEAVY, Import, Project

ROOT = Path(__file__).resolve().parents[2]
ARROWS = (
    "tradingsite -> dashboard -> bots, backtests, portfolio -> orders, paper -> risk -> ledger -> markets -> accounts"
    " -> operations -> exchanges -> engine"
)
RANKS = {name: rank for rank, names in enumerate(reversed(ARROWS.split(" -> "))) for name in names.split(", ")}
FRAMEWORKS = {"django", "channels", "dramatiq", "redis", "psycopg", "ccxt", "coinbase", "allauth"}


def home(module: str) -> str:
    """The name in the arrow list that a module belongs to: 'apps.bots.models' -> 'bots'."""
    parts = module.split(".")
    return parts[1] if parts[0] == "apps" and len(parts) > 1 else parts[0]


def points_up(each: Import) -> bool:
    source, target = home(each.module), home(each.target)
    kits = ("tradingsite.testing", "sandbox.testing")
    if (".tests." in each.module or each.module.startswith(kits)) and each.target.startswith(kits):
        return False  # the kits with which a test drives the whole platform, or an exchange beside it
    if "sandbox" in (source, target):
        return target not in {source, "engine"}
    return RANKS[source] < RANKS[target]


def upward(project: Project) -> list[Import]:
    return [each for each in project.ours if home(each.target) != "apps" and points_up(each)]


def unexcused(project: Project) -> list[Import]:
    """Imports inside functions that are neither Django's own rule nor a heavy library, with the reason beside it."""
    heavy = HEAVY | project.heavy
    return [
        each
        for each in project.imports
        if each.deferred and not each.in_ready and not (each.target in heavy and each.explained)
    ]


def core_leaks(project: Project) -> list[Import]:
    """Imports of frameworks by the core or by the exchanges' port, which know nothing of models or messages."""
    banned = {"engine": FRAMEWORKS, "exchanges": {"django", "channels", "dramatiq", "redis", "psycopg"}}
    return [each for each in project.imports if each.target in banned.get(home(each.module), ())]


def of_tests(module: str) -> bool:
    return ".tests." in f"{module}." or module.startswith("tradingsite.testing")


def lines(imports: list[Import]) -> str:
    return "\n".join(str(each) for each in imports)


@pytest.fixture(scope="module")
def project() -> Project:
    return Project(ROOT)


def test_it_reads_the_whole_project(project):
    assert {"engine.decide", "apps.bots.models", "exchanges.port", "tradingsite.wiring"} <= set(project.modules)
    assert any(each.module == "tradingsite.apps" and each.in_ready for each in project.ours)


def test_every_app_has_its_place_in_the_arrow_list(project):
    assert {home(module) for module in project.modules} - {"apps", "sandbox"} == set(RANKS)


def test_no_import_points_up(project):
    assert not upward(project), f"{ARROWS}\n{lines(upward(project))}"


def test_no_modules_import_each_other_in_a_circle(project):
    assert not project.cycle(), lines(project.cycle())


def test_no_import_hides_in_a_function(project):
    assert not unexcused(project), lines(unexcused(project))


def test_the_core_knows_no_framework(project):
    assert not core_leaks(project), lines(core_leaks(project))


def test_nothing_that_runs_needs_a_test(project):
    needed = [each for each in project.ours if of_tests(each.target) and not of_tests(each.module)]
    assert not needed, lines(needed)


def tree(folder: Path, **files: str) -> Project:
    """A project of a few files, named with __ for the slash."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Project(folder)


def test_it_names_file_and_line_of_an_arrow_that_points_up(tmp_path):
    made = tree(tmp_path, apps__risk__models="", apps__ledger__models="import json\nfrom apps.risk import models\n")
    assert lines(upward(made)) == "apps/ledger/models.py:2: apps.ledger.models imports apps.risk.models"


def test_it_finds_an_upward_arrow_in_a_function_and_in_a_type_checking_block(tmp_path):
    hidden = "def f():\n    if 1:\n        import apps.bots.models\n"
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..bots.models import Bot\n"
    made = tree(tmp_path, apps__bots__models="", apps__orders__a=hidden, apps__orders__b=typed)
    assert [each.line for each in upward(made)] == [3, 3]


def test_it_lets_neighbours_and_lower_apps_be_imported(tmp_path):
    made = tree(tmp_path, apps__bots__a="import apps.portfolio.a, engine.a", apps__portfolio__a="", engine__a="")
    assert not upward(made)


def test_it_lets_the_sandbox_import_the_core_alone(tmp_path):
    sandbox = "import engine.a, exchanges.b"
    made = tree(tmp_path, engine__a="", exchanges__a="import sandbox.a", sandbox__a=sandbox, exchanges__b="")
    assert [str(each.path) for each in upward(made)] == ["exchanges/a.py", "sandbox/a.py"]


def test_it_finds_a_circle_through_relative_and_hidden_imports(tmp_path):
    made = tree(
        tmp_path,
        engine__a="from . import b",
        engine__b="from .c import x",
        engine__c="def f():\n    import engine.a",
        engine__d="import engine.a",
    )
    assert lines(made.cycle()).count("\n") == 2
    assert "engine/c.py:2: engine.c imports engine.a" in lines(made.cycle())


def test_it_excuses_ready_and_explained_heavy_imports_only(tmp_path):
    ready = "class C:\n    def ready(self):\n        import apps.a.b\n"
    heavy = "def f():\n    # slow to load\n    import numba\n    import pyarrow.parquet\n    import engine.rows\n"
    silent = "def f():\n    import numba\n"
    plain = "def f():\n    import json  # later\n"
    made = tree(
        tmp_path,
        apps__a__apps=ready, apps__a__b="", engine__heavy=heavy, engine__rows="import engine.jit",
        engine__jit="import numba", engine__silent=silent, engine__plain=plain,
    )  # fmt: skip
    assert [str(each.path) for each in unexcused(made)] == ["engine/plain.py", "engine/silent.py"]
