"""A place for a benchmark: a database and a Redis database of its own on the running services.

``claim`` must be called before anything of Django is imported.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import environ
import psycopg
import redis

from tradingsite.launcher.layout import Layout

REDIS_DATABASE = 15


def claim(database: str) -> None:
    """Points this process, and those it starts, at a database of this name, and sets Django up."""
    environ.Env.read_env(Layout.of(os.environ).env_file)
    for variable, path in (("DATABASE_URL", f"/{database}"), ("REDIS_URL", f"/{REDIS_DATABASE}")):
        os.environ[f"{variable}_BEFORE"] = os.environ[variable]
        os.environ[variable] = urlsplit(os.environ[variable])._replace(path=path).geturl()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tradingsite.settings"
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
