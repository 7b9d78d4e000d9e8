"""Ownership of many things of a kind by one process: advisory locks on one connection, an epoch for each."""

import os
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress

import psycopg
from django.db import connection, transaction
from django.utils import timezone

from apps.operations.models import Ownership
from apps.operations.ownership import Fenced, lock_key

HALF = 2**31  # keys of locks in two parts are signed


class Seats:
    """What this process owns of a kind, such as trading accounts by number. Nothing waits for a seat: whoever does not
    get it leaves the work to its owner. A process that ends, however it ends, leaves all its seats."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._mutex = threading.RLock()
        self._session: psycopg.Connection | None = None
        self._epochs: dict[int, int] = {}

    def take(self, number: int) -> int | None:
        """The epoch under which this process owns the thing, new after each take-over; None while another does."""
        with self._mutex:
            session = self._connected()
            epoch = self._epochs.get(number)
            if epoch is not None and self._current(number) == epoch:
                return epoch
            if epoch is None and not _ask(session, "SELECT pg_try_advisory_lock(%s, %s)", self._class(), number):
                return None
            self._epochs[number] = self._bump(number)
            return self._epochs[number]

    def check(self, number: int) -> None:
        """Inside a transaction: nobody takes over before it ends. Raises Fenced unless this process owns the thing."""
        epoch = self._epochs.get(number)
        row = Ownership.objects.select_for_update().filter(name=self._name(number)).first()
        if epoch is None or row is None or row.epoch != epoch:
            raise Fenced(f"{self._name(number)}: epoch {epoch} was taken over by {row.epoch if row else None}")

    def holds(self, number: int) -> bool:
        """Whether nobody has taken over, as far as one can tell without waiting."""
        epoch = self._epochs.get(number)
        return epoch is not None and self._current(number) == epoch

    def orphans(self, numbers: Iterable[int]) -> list[int]:
        """Those of the things that no process owns."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                [self._class() % (2 * HALF)],
            )
            owned = {row[0] for row in cursor.fetchall()}
        return [number for number in numbers if number not in owned]

    def leave(self) -> None:
        """Gives all seats up."""
        with self._mutex:
            self._epochs.clear()
            if self._session is not None:
                with suppress(psycopg.OperationalError):  # the connection is lost, and the locks with it
                    self._session.execute("SELECT pg_advisory_unlock_all()")
                self._session.close()
                self._session = None

    def _connected(self) -> psycopg.Connection:
        """The connection that holds the locks; when it is lost, so are they."""
        if self._session is not None:
            try:
                self._session.execute("SELECT 1")
            except psycopg.OperationalError:
                self.leave()
        if self._session is None:
            parameters = connection.get_connection_params()
            wanted = ("host", "port", "user", "password", "dbname")
            known = {key: parameters[key] for key in wanted if key in parameters}
            self._session = psycopg.connect(autocommit=True, **known)
        return self._session

    @transaction.atomic
    def _bump(self, number: int) -> int:
        Ownership.objects.get_or_create(name=self._name(number))
        row = Ownership.objects.select_for_update().get(name=self._name(number))
        row.epoch += 1
        row.holder = f"{socket.gethostname()}:{os.getpid()}"
        row.since = row.beat = timezone.now()
        row.save()
        return row.epoch

    def _current(self, number: int) -> int | None:
        return Ownership.objects.filter(name=self._name(number)).values_list("epoch", flat=True).first()

    def _class(self) -> int:
        return (lock_key(connection.settings_dict["NAME"], self.kind) + HALF) % (2 * HALF) - HALF

    def _name(self, number: int) -> str:
        return f"{self.kind} {number}"


def _ask(session: psycopg.Connection, question: str, *values: object) -> bool:
    row = session.execute(question, values).fetchone()
    return bool(row and row[0])
