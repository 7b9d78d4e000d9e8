"""Databases of the ordeals' own: made of a template, and joined by this process for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString
from urllib.parse import urlsplit

import environ
import psycopg
from django.db import connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper


def database_url(url: str, name: str) -> str:
    """The same server's database of another name."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def create_database(url: str, template: str = "template1") -> None:
    """Makes the database that ``url`` names as a copy of ``template``, to which nobody may be connected."""
    drop_database(url)
    _execute(url, f'CREATE DATABASE "{_name(url)}" TEMPLATE "{template}"')


def drop_database(url: str) -> None:
    """Removes the database that ``url`` names, if there is one, whoever is connected."""
    _execute(url, f'DROP DATABASE IF EXISTS "{_name(url)}" WITH (FORCE)')


def _execute(url: str, statement: LiteralString) -> None:
    with psycopg.connect(database_url(url, "postgres"), autocommit=True) as server:
        server.execute(statement)


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


@contextmanager
def joined(url: str) -> Iterator[None]:
    """Points Django in this process to another database for the block."""
    settings = connection.settings_dict
    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    before = {name: settings[name] for name in names}
    found = environ.Env.db_url_config(url)
    _leave()
    settings.update({name: found[name] for name in names})
    try:
        yield
    finally:
        _leave()
        settings.update(before)


def _leave() -> None:
    connected = connections[connection.alias]
    assert isinstance(connected, DatabaseWrapper)
    connected.close()
    connected.close_pool()
