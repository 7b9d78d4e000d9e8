"""The embedded servers, started and killed for real."""

import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tradingsite.launcher import record
from tradingsite.launcher.errors import LauncherError, UsageError
from tradingsite.launcher.pids import wait_gone
from tradingsite.launcher.services import Services


def write_row(url: str) -> None:
    with psycopg.connect(url, options="-c synchronous_commit=on") as connection:  # the suite's own default is off
        connection.execute("CREATE TABLE memory (word text)")
        connection.execute("INSERT INTO memory VALUES ('kept')")


def read_row(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT word FROM memory").fetchone()
    assert row is not None
    return str(row[0])


def kill(*pids: int | None) -> None:
    for pid in pids:
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert wait_gone(pid, 10)


@contextmanager
def foreigner(port: int | None) -> Iterator[None]:
    """A server that is not ours on the port; it hangs up on everybody."""
    ThreadingTCPServer.allow_reuse_address = True
    with ThreadingTCPServer(("127.0.0.1", port or 0), BaseRequestHandler) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield
        server.shutdown()


def test_it_starts_both_keeps_them_for_every_holder_and_stops_with_the_last(services: Services) -> None:
    with services.held() as first:
        pids = services.pids()
        with services.held() as second:
            assert second == first
        assert all(pids.values())
        assert services.pids() == pids
        assert redis.Redis.from_url(first["REDIS_URL"]).ping()
        write_row(first["DATABASE_URL"])
    assert services.pids() == {"postgres": None, "valkey": None}
    with services.held() as again:
        assert again == first, "ports and passwords outlive a restart"
        assert read_row(again["DATABASE_URL"]) == "kept"


def test_it_refuses_a_client_without_the_password(services: Services) -> None:
    with services.held() as environ:
        port = urlsplit(environ["DATABASE_URL"]).port
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgres://tradingsite:wrong@127.0.0.1:{port}/tradingsite")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=urlsplit(environ["REDIS_URL"]).port or 0, retry=Retry(NoBackoff(), 0)).ping()


def test_it_gives_the_application_a_role_that_cannot_leave_its_database(services: Services) -> None:
    with services.held() as environ, psycopg.connect(environ["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == (False, True)


def test_it_keeps_secrets_in_files_that_only_the_owner_reads(services: Services) -> None:
    with services.held() as environ:
        services.publish(environ)
        for file in (services.layout.services_file, services.layout.env_file):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        listing = subprocess.run(["ps", "axww", "-o", "command"], capture_output=True, text=True, check=True).stdout
        known = record.load(services.layout)
        assert known is not None
        for secret in (known.postgres_password, known.postgres_admin_password, known.valkey_password):
            assert secret not in listing


def test_it_starts_again_after_both_servers_were_killed_and_remembers_what_was_committed(services: Services) -> None:
    with services.held() as environ:
        write_row(environ["DATABASE_URL"])
        kill(*services.pids().values())
        assert services.revive() == ["postgres", "valkey"]
        assert services.revive() == []
        assert read_row(environ["DATABASE_URL"]) == "kept"
        assert redis.Redis.from_url(environ["REDIS_URL"]).ping()


def test_it_adopts_servers_whose_launcher_was_killed(services: Services) -> None:
    services.up()
    orphans = services.pids()
    later = Services(services.layout, {})
    with later.held() as environ:
        assert later.pids() == orphans
        assert redis.Redis.from_url(environ["REDIS_URL"]).ping()
    assert later.pids() == orphans, "services that were asked to stay do not end with a holder"
    later.down()
    assert later.pids() == {"postgres": None, "valkey": None}


def test_it_is_not_fooled_by_a_pid_file_whose_number_belongs_to_another_process(services: Services) -> None:
    services.up()
    file = services.layout.data / "postgres" / "postmaster.pid"
    lines = file.read_text().splitlines()
    kill(services.pids()["postgres"])
    file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert services.pids()["postgres"] is None
    assert services.revive() == ["postgres"]


def test_it_moves_to_another_port_when_its_own_was_taken_meanwhile(services: Services) -> None:
    with services.held() as environ:
        before = {name: urlsplit(environ[name]).port for name in ("DATABASE_URL", "REDIS_URL")}
    with foreigner(before["DATABASE_URL"]), foreigner(before["REDIS_URL"]), services.held() as environ:
        assert redis.Redis.from_url(environ["REDIS_URL"]).ping()
        with psycopg.connect(environ["DATABASE_URL"]):
            pass
        for name, port in before.items():
            assert urlsplit(environ[name]).port != port


def test_it_finishes_a_cluster_whose_making_was_killed(services: Services) -> None:
    services.layout.prepare()
    half = services.layout.data / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with services.held() as environ, psycopg.connect(environ["DATABASE_URL"]):
        assert not half.exists()


def test_it_refuses_to_stop_what_somebody_uses(services: Services) -> None:
    with services.held(), pytest.raises(UsageError, match="must not be in use"):
        services.down()


def test_it_leaves_the_embedded_server_out_when_the_environment_names_one(services: Services) -> None:
    with services.held() as environ:
        outside = Services(services.layout, {"DATABASE_URL": environ["DATABASE_URL"]})
        assert list(outside.pids()) == ["valkey"]
        with outside.held() as seen:
            assert seen["DATABASE_URL"] == environ["DATABASE_URL"]


@pytest.mark.parametrize(
    ("environ", "rule"),
    [
        (
            {"DATABASE_URL": "mysql://localhost/x"},
            "DATABASE_URL must begin with postgres:// or postgresql://, was 'mysql'",
        ),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL must begin with redis://"),
        ({"REDIS_URL": "redis://localhost:99999"}, "REDIS_URL must be an address"),
    ],
)
def test_it_names_the_rule_of_a_malformed_address(services: Services, environ: dict[str, str], rule: str) -> None:
    with pytest.raises(LauncherError, match=rule):
        Services(services.layout, environ)


def test_it_names_the_server_that_does_not_answer(services: Services) -> None:
    absent = Services(services.layout, {"DATABASE_URL": "postgres://u:secret@127.0.0.1:1/x", "REDIS_URL": "redis://h"})
    with pytest.raises(
        LauncherError, match=r"DATABASE_URL must name a server that answers, but 127\.0\.0\.1:1"
    ) as caught:
        absent.up()
    assert "secret" not in str(caught.value)
