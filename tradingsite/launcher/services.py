"""The embedded PostgreSQL and Valkey of an installation, shared by everything that runs on it.

`./start` and `./test` hold the services while they run; whoever leaves last stops them, unless they were asked to stay
(`python -m tradingsite.launcher.services up`, for work by hand).
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from tradingsite.launcher import external, locks, record
from tradingsite.launcher.account import Account, service_account
from tradingsite.launcher.binaries import binaries
from tradingsite.launcher.credentials import NAME, credential_keys
from tradingsite.launcher.errors import LauncherError, UsageError, exits
from tradingsite.launcher.home import choose_home
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.ports import free_port, is_taken
from tradingsite.launcher.postgres import Postgres
from tradingsite.launcher.record import Record
from tradingsite.launcher.server import Server
from tradingsite.launcher.serverlog import ServerLog
from tradingsite.launcher.valkey import Valkey


class Services:
    """Starts what is missing and adopts what runs, also what a killed launcher left behind."""

    def __init__(self, layout: Layout, environ: Mapping[str, str]) -> None:
        self.layout = layout
        self.external = external.external_urls(environ)
        self._environ = environ

    @contextmanager
    def held(self) -> Iterator[dict[str, str]]:
        """The services, running for the block; yields the environment that leads to them."""
        self.layout.prepare()
        with locks.exclusive(self._start_lock):
            try:
                environ = self._ensure()
            except LauncherError:
                self._stop_if_unused()
                raise
            hold = locks.shared(self._users_lock)
            assert hold is not None, "the start lock keeps everybody else away"
        try:
            yield environ
        finally:
            with locks.exclusive(self._start_lock):
                hold.close()
                self._stop_if_unused()

    def up(self) -> dict[str, str]:
        """Starts the services to stay until `down`; the environment that leads to them."""
        self.layout.prepare()
        with locks.exclusive(self._start_lock):
            environ = self._ensure()
            self._stay.touch()
        return environ

    def down(self) -> None:
        """Stops the services. Raises UsageError while somebody uses them."""
        if not self.layout.run.exists():
            return
        with locks.exclusive(self._start_lock):
            if locks.is_held(self._users_lock):
                raise UsageError("the services must not be in use, but a './start' or './test' runs: stop it first")
            self._stop()

    def revive(self) -> list[str]:
        """Starts again what has died; the names of those. For a supervisor that looks in from time to time."""
        with locks.exclusive(self._start_lock):
            known = record.load(self.layout)
            dead = [server.name for server in self._servers(known) if server.pid() is None] if known else []
            if dead:
                self._ensure()
        return dead

    def pids(self) -> dict[str, int | None]:
        """The embedded services by name, with the process of each that runs."""
        known = record.load(self.layout)
        return {server.name: server.pid() for server in self._servers(known)} if known else {}

    def publish(self, environ: Mapping[str, str]) -> None:
        """Writes the environment for commands given by hand: the settings read `.data/env` for what is not set."""
        record.write_private(self.layout.env_file, "".join(f"{name}={value}\n" for name, value in environ.items()))

    def _ensure(self) -> dict[str, str]:
        for name, url in self.external.items():
            external.check_answers(name, url)
        known = self._load_or_create()
        servers = self._servers(known)
        if not any(server.pid() for server in servers):
            self._stay.unlink(missing_ok=True)
        for server in servers:
            if server.pid() is None:
                known = self._start(server, known)
        urls = {server.variable: server.url for server in self._servers(known)}
        own = {"SECRET_KEY": known.secret_key, NAME: credential_keys(self.layout, self._environ)}
        return {**urls, **self.external, **own}

    def _load_or_create(self) -> Record:
        found = record.load(self.layout)
        known = found or record.create()
        if not known.home and len(self.external) < len(external.SCHEMES):
            known = replace(known, home=choose_home(self.layout, self._account))
        if known != found:
            known.save(self.layout.services_file)
        return known

    def _start(self, server: Server, known: Record) -> Record:
        """Starts the server, on another port when its own was taken meanwhile; the record that then holds."""
        if is_taken(server.port):
            known = known.with_port(server.name, free_port())
            known.save(self.layout.services_file)
            server = next(moved for moved in self._servers(known) if moved.name == server.name)
        server.start()
        return known

    def _stop_if_unused(self) -> None:
        if not self._stay.exists() and not locks.is_held(self._users_lock):
            self._stop()

    def _stop(self) -> None:
        known = record.load(self.layout)
        for server in reversed(self._servers(known) if known else []):
            server.stop()
        self._stay.unlink(missing_ok=True)

    def _servers(self, known: Record) -> list[Server]:
        """The embedded servers, those that the environment replaces left out."""
        if len(self.external) == len(external.SCHEMES):
            return []
        home = self.layout.data / known.home
        programs = binaries(self._account, home)
        servers: list[Server] = [
            Postgres(
                folder=home / "postgres",
                programs=programs.postgres,
                account=self._account,
                port=known.postgres_port,
                password=known.postgres_password,
                admin_password=known.postgres_admin_password,
                log=ServerLog(self.layout.logs / "postgres.log"),
            ),
            Valkey(
                folder=home / "valkey",
                program=programs.valkey,
                account=self._account,
                port=known.valkey_port,
                password=known.valkey_password,
                log=ServerLog(self.layout.logs / "valkey.log"),
            ),
        ]
        return [server for server in servers if server.variable not in self.external]

    @cached_property
    def _account(self) -> Account:
        return service_account()

    @property
    def _start_lock(self) -> Path:
        return self.layout.run / "services.start.lock"

    @property
    def _users_lock(self) -> Path:
        return self.layout.run / "services.users.lock"

    @property
    def _stay(self) -> Path:
        return self.layout.run / "services.stay"


def main(arguments: list[str], environ: Mapping[str, str]) -> None:
    """`up` starts the services to stay, `down` stops them, `env` prints what leads to them, `status` what runs."""
    if len(arguments) != 1 or arguments[0] not in ("up", "down", "env", "status"):
        raise UsageError("usage: python -m tradingsite.launcher.services up|down|env|status")
    services = Services(Layout.of(environ), environ)
    if arguments[0] == "up":
        services.publish(services.up())
    elif arguments[0] == "down":
        services.down()
    elif arguments[0] == "env":
        if not services.layout.env_file.exists():
            raise UsageError("the services must have been started once: python -m tradingsite.launcher.services up")
        print("".join(f"export {line}\n" for line in services.layout.env_file.read_text().splitlines()), end="")
        return
    for name, pid in services.pids().items():
        print(f"{name}: {f'running, process {pid}' if pid else 'stopped'}")


if __name__ == "__main__":
    with exits():
        main(sys.argv[1:], os.environ)
