"""What is checked, and the verdict. Higher apps add their checks in tradingsite/wiring.py."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.utils import timezone
from redis.exceptions import RedisError

from apps.operations.models import Ownership

SILENT = timedelta(seconds=10)  # a living owner beats every second
NEEDED = timedelta(seconds=2)  # within which a cache entry must come back


class Status(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"  # pages work; something behind them does not
    DOWN = "down"  # this process cannot serve


@dataclass(frozen=True)
class Check:
    """One finding. ``value`` and ``limit`` are in ``unit``; None = unknown."""

    name: str
    status: Status
    words: str
    value: float | None = None
    limit: float | None = None
    unit: str = "seconds"


@dataclass(frozen=True)
class Health:
    status: Status
    checks: list[Check]

    def as_dict(self, *, figures: bool) -> dict[str, Any]:
        """For JSON; without ``figures`` only what a load balancer needs."""
        if figures:
            return {"status": self.status, "checks": [asdict(check) for check in self.checks]}
        return {"status": self.status, "checks": {check.name: check.status for check in self.checks}}


def database() -> Check:
    started = time.monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return Check("database", Status.DOWN, "PostgreSQL does not answer")
    return Check("database", Status.OK, "PostgreSQL answers", time.monotonic() - started)


def store() -> Check:
    """Redis: sessions of pages survive without it, messages and live values do not."""
    started = time.monotonic()
    try:
        cache.set("health", started, NEEDED.total_seconds())
        answered = cache.get("health") is not None
    except RedisError:
        answered = False
    if not answered:
        return Check("cache", Status.DOWN, "Redis does not answer")
    return Check("cache", Status.OK, "Redis answers", time.monotonic() - started)


def clock() -> Check:
    return owner("clock", "clock", "the clock")


def owner(name: str, task: str, title: str) -> Check:
    """Whether the process that owns a task still gives signs of life."""
    row = Ownership.objects.filter(name=task).first()
    limit = SILENT.total_seconds()
    if row is None or row.beat is None:
        return Check(name, Status.DEGRADED, f"{title} has never run", None, limit)
    age = (timezone.now() - row.beat).total_seconds()
    if age > limit:
        return Check(name, Status.DEGRADED, f"{title} has been silent for {age:.0f} s", age, limit)
    return Check(name, Status.OK, f"{title} is alive", age, limit)


checks: list[Callable[[], Check]] = []  # of the apps above; asked only while the database answers


def examine() -> Health:
    """Runs every check. Without a database the others are not asked."""
    found = [database(), store()]
    if found[0].status is Status.OK:
        found += [clock(), *(check() for check in checks)]
    statuses = {check.status for check in found}
    worst = next(status for status in (Status.DOWN, Status.DEGRADED, Status.OK) if status in statuses)
    return Health(worst, found)
