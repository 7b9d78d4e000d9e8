"""One owner for a task across all machines: a session advisory lock plus an epoch that its writes must still hold."""

import os
import socket
import time
import zlib
from collections.abc import Callable

import psycopg
from django.db import connection, transaction
from django.utils import timezone

from apps.operations.models import Ownership

POLL = 0.3  # seconds between a stand-by's attempts


class Fenced(Exception):
    """Another process took over; this one must stop writing."""


def lock_key(database: str, name: str) -> int:
    """Key of a task's advisory lock. Locks are the cluster's; the database's name keeps test databases apart."""
    return zlib.crc32(f"{database}/{name}".encode())


class Owner:
    """Holds the lock on a connection of its own (a pooled one would give the lock away with the connection)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.epoch = 0
        self._session: psycopg.Connection | None = None

    def acquire(self, *, stopping: Callable[[], bool] = lambda: False) -> bool:
        """Waits as a stand-by until the lock is free, then bumps the epoch. False when told to stop first."""
        parameters = connection.get_connection_params()
        wanted = ("host", "port", "user", "password", "dbname")
        parameters = {key: parameters[key] for key in wanted if key in parameters}
        self._session = psycopg.connect(autocommit=True, **parameters)
        key = lock_key(parameters["dbname"], self.name)
        while not self._session.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone()[0]:  # type: ignore[index]
            if stopping():
                self.release()
                return False
            time.sleep(POLL)
        self.epoch = self._bump()
        return True

    @transaction.atomic
    def _bump(self) -> int:
        """Takes the next epoch, under the row's lock: it waits for a write of the owner before, and two that each
        believe in the lock never share one."""
        Ownership.objects.get_or_create(name=self.name)
        row = Ownership.objects.select_for_update().get(name=self.name)
        row.epoch += 1
        row.holder = f"{socket.gethostname()}:{os.getpid()}"
        row.since = row.beat = timezone.now()
        row.save()
        return row.epoch

    def check(self) -> None:
        """Inside a transaction: locks the ownership row for its duration; raises Fenced after a take-over."""
        row = Ownership.objects.select_for_update().get(name=self.name)
        if row.epoch != self.epoch:
            raise Fenced(f"{self.name}: epoch {self.epoch} was taken over by {row.epoch}")

    def beat(self) -> None:
        """Wall-clock sign of life; also proves that the lock's connection still lives."""
        assert self._session is not None
        self._session.execute("SELECT 1")
        Ownership.objects.filter(name=self.name, epoch=self.epoch).update(beat=timezone.now())

    def release(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
