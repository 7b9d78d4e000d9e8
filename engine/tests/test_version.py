"""The version of the core and the folder of its compiled code follow its sources."""

import os
from pathlib import Path

from engine import VERSION, version
from engine.jit import cache_folder, prune
from engine.version import engine_version, source_hash


def test_it_names_the_release_and_the_sources():
    assert engine_version() == f"{VERSION}+{source_hash()[:10]}"


def test_a_changed_source_is_another_version_and_a_changed_test_is_not(tmp_path, monkeypatch):
    (tmp_path / "tests").mkdir()
    monkeypatch.setattr(version, "SOURCES", tmp_path)

    def hash_with(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        return source_hash.__wrapped__()

    first = hash_with("a.py", "x = 1")
    assert hash_with("tests/test_a.py", "assert True") == first
    assert hash_with("a.py", "x = 2") != first
    assert hash_with("a.py", "x = 1") == first
    assert hash_with("b.py", "") != first


def test_it_drops_compiled_code_that_nobody_used_for_a_week_and_keeps_its_own(tmp_path: Path):
    own = cache_folder(tmp_path)
    fresh, stale = tmp_path / "fresh", tmp_path / "stale"
    for folder, age in ((fresh, 3600), (stale, 8 * 86400), (own, 30 * 86400)):
        folder.mkdir(exist_ok=True)
        os.utime(folder, (1e9 - age, 1e9 - age))
    prune(tmp_path, own, now=1e9)
    assert own.exists()
    assert fresh.exists()
    assert not stale.exists()
