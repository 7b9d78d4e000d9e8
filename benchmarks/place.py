"""A place for a benchmark: a database, a Redis database and a web process of its own on the running services.

``claim`` must be called before anything of Django is imported.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import environ
import psycopg
import redis

from tradingsite.launcher.layout import ROOT, Layout
from tradingsite.launcher.ports import free_port
from tradingsite.launcher.supervisor import answers

REDIS_DATABASE = 15
PATIENCE = 120.0  # seconds a process may take to answer


def claim(database: str) -> None:
    """Points this process, and those it starts, at a database of this name, and sets Django up."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # ends what it has started
    environ.Env.read_env(Layout.of(os.environ).env_file)
    for variable, path in (("DATABASE_URL", f"/{database}"), ("REDIS_URL", f"/{REDIS_DATABASE}")):
        os.environ[f"{variable}_BEFORE"] = os.environ[variable]
        os.environ[variable] = urlsplit(os.environ[variable])._replace(path=path).geturl()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tradingsite.settings"
    os.environ.setdefault("LOG_LEVEL", "WARNING")  # thousands of deeds are no figures
    import django  # noqa: PLC0415  reads the settings, which read what was just set

    django.setup()


@contextmanager
def own_database() -> Iterator[None]:
    """A migrated database that is dropped afterwards, and an empty Redis database."""
    from django.core.management import call_command  # noqa: PLC0415  as above

    name = urlsplit(os.environ["DATABASE_URL"]).path.strip("/")
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()
    with psycopg.connect(os.environ["DATABASE_URL_BEFORE"], autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name}")
        try:
            call_command("migrate", verbosity=0)
            yield
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def collect() -> None:
    """Collects and compresses static files, as a release does."""
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"LOG_LEVEL": "ERROR"}, check=True)


@contextmanager
def web() -> Iterator[tuple[int, int]]:
    """A web process as in production; its port and its process id."""
    collect()
    environ_now = os.environ | {"LOG_LEVEL": "ERROR"}
    port = free_port()
    command = [sys.executable, "-m", "daphne", "-v", "0", "-p", str(port), "tradingsite.asgi:application"]
    process = subprocess.Popen(command, cwd=ROOT, env=environ_now)
    try:
        deadline = time.monotonic() + PATIENCE
        while not answers(f"http://127.0.0.1:{port}/"):
            if time.monotonic() > deadline:
                raise SystemExit("the web process must answer, but does not")
            time.sleep(0.2)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def signed_in(user: Any) -> str:
    """The session cookie of a user."""
    from django.test import Client  # noqa: PLC0415  as above

    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value
