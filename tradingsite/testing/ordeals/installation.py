"""An installation of the ordeals' own: a Valkey to empty and kill, a database to play and one to compare with."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from django.core.management import call_command

from tradingsite.launcher.environment import Environment
from tradingsite.launcher.layout import ROOT, Layout
from tradingsite.launcher.ports import LOOPBACK, free_port
from tradingsite.launcher.services import Services
from tradingsite.testing.ordeals import scenario
from tradingsite.testing.ordeals.databases import create_database, database_url, drop_database, joined
from tradingsite.testing.ordeals.ordeal import Ordeal
from tradingsite.testing.ordeals.outcome import Outcome, outcome, unsound
from tradingsite.testing.ordeals.processes import Processes

LEASES = {"EXCHANGE_TIMEOUT": "1", "ORDER_LEASE": "2", "NOT_FOUND_GRACE": "5", "BATCH_LEASE": "2"}
UNLIMITED = {"REPLAY_SPEED": "0", "REPLAY_HOLD": "0"}
CALM = "-c synchronous_commit=off"  # the server itself is not killed
PLAYED, UNDISTURBED = "ordeal_played", "ordeal_undisturbed"


class Installation:
    """What ``installed`` yields: services and an ordeal that has not begun."""

    def __init__(self, folder: Path, services: Services, environ: dict[str, str]) -> None:
        self.services, self.environ = services, environ
        self.processes = Processes(self._told(), folder)
        self.ordeal = Ordeal(self.processes, self._url(PLAYED))

    def begin(self) -> None:
        """Makes both databases, with the scenario at its beginning."""
        create_database(self._url(UNDISTURBED))
        with joined(self._url(UNDISTURBED)):
            call_command("migrate", verbosity=0)
            scenario.begin()
        create_database(self._url(PLAYED), UNDISTURBED)

    def end(self) -> None:
        self.processes.stop()
        for name in (PLAYED, UNDISTURBED):
            drop_database(self._url(name))

    def undisturbed(self, until: int) -> Outcome:
        """What the market up to the event at position ``until`` comes to when nothing disturbs it."""
        with joined(self._url(UNDISTURBED)):
            scenario.play(until)
            return outcome()

    def played(self) -> tuple[Outcome, list[str]]:
        """What the ordeal has come to, and what is wrong with that in itself."""
        with joined(self._url(PLAYED)):
            return outcome(), unsound()

    def empty_redis(self) -> None:
        redis.Redis.from_url(self.environ["REDIS_URL"]).flushall()

    def kill_redis(self) -> None:
        """kill -9: what it held is gone. It runs again when this returns."""
        kill_redis(self.services)

    def _url(self, name: str) -> str:
        return database_url(self.environ["DATABASE_URL"], name)

    def _told(self) -> dict[str, str]:
        """The environment of the processes: as the launcher starts them, the market as fast as it settles."""
        inherited = Environment(Layout.of(os.environ)).environ(os.environ)
        own = {"DATABASE_URL": self._url(PLAYED), "PORT": str(free_port()), "BIND": LOOPBACK, "PGOPTIONS": CALM}
        return {**inherited, **self.environ, **LEASES, **UNLIMITED, **own, "DEBUG": "1"}


def kill_redis(services: Services) -> None:
    """kill -9 of a Valkey of one's own: what it held is gone. It runs again when this returns."""
    pid = services.pids()["valkey"]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while services.pids()["valkey"] is not None:
        time.sleep(0.01)
    services.revive()


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    """An installation under ``folder``, which every user of the system can reach, on the PostgreSQL server that runs
    already. Afterwards nothing of it is left but what is in the folder."""
    services = Services(Layout(root=ROOT, data=folder / "data"), {"DATABASE_URL": os.environ["DATABASE_URL"]})
    with services.held() as environ:
        installation = Installation(folder, services, environ)
        try:
            installation.begin()
            yield installation
        finally:
            installation.end()
