import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tradingsite.launcher import cluster, postgres, record
from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.layout import ROOT, Layout
from tradingsite.launcher.services import Services


@pytest.fixture
def layout() -> Iterator[Layout]:
    """An installation of its own, where the services' user can reach it (pytest's folders are closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="launcher-"))
    folder.chmod(0o755)
    yield Layout(root=ROOT, data=folder / "data")
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def careless_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests kill servers, not machines: no cluster of theirs has to wait for the disk."""
    monkeypatch.setitem(postgres.SETTINGS, "fsync", "off")
    monkeypatch.setattr(cluster, "OPTIONS", [*cluster.OPTIONS, "--no-sync"])


@pytest.fixture
def services(layout: Layout) -> Iterator[Services]:
    """Services that are not started yet, and stopped in the end whatever the test has done to them."""
    services = Services(layout, {})
    yield services
    for pid in _pids(services):
        os.kill(pid, 9)


def _pids(services: Services) -> list[int]:
    try:
        record.load(services.layout)
    except LauncherError:
        return []
    return [pid for pid in services.pids().values() if pid]
