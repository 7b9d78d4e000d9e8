"""The exchange's time in nanoseconds UTC, and what is due at a moment of it."""

import heapq
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

SECOND = 1_000_000_000
EARLIEST, LATEST = -62_135_596_800 * SECOND, 253_402_300_799 * SECOND  # of the years 1 to 9999


class Clock(Protocol):
    def now(self) -> int:
        """Nanoseconds since 1970, never falling."""


class WallClock:
    def now(self) -> int:
        return time.time_ns()


class VirtualClock:
    """Stands still until it is told to move: tests of hours run in milliseconds."""

    def __init__(self, start: int) -> None:
        self._now = start

    def now(self) -> int:
        return self._now

    def move_to(self, moment: int) -> None:
        if moment < self._now:
            raise ValueError(f"time must not run back: {moment} is before {self._now}")
        self._now = moment


class Agenda:
    """What will happen when; things due at the same moment happen in the order in which they were added."""

    def __init__(self) -> None:
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def at(self, moment: int, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (moment, next(self._order), action))

    def next(self) -> int | None:
        return self._due[0][0] if self._due else None

    def run_until(self, moment: int) -> None:
        """Does all that is due at ``moment`` or before, and what that adds."""
        while self._due and self._due[0][0] <= moment:
            heapq.heappop(self._due)[2]()


def stamp(moment: int) -> str:
    """RFC 3339 as the exchange writes it: UTC, microseconds."""
    seconds, rest = divmod(moment, SECOND)
    return f"{_second(seconds)}.{rest // 1000:06d}Z"


def fine_stamp(moment: int) -> str:
    """RFC 3339 with nanoseconds."""
    seconds, rest = divmod(moment, SECOND)
    return f"{_second(seconds)}.{rest:09d}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    """Thousands of levels, trades and frames are of the same second."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def moment_of(text: str) -> int:
    """Nanoseconds of an RFC 3339 text with up to nine decimals. Raises ValueError."""
    body, _, rest = text.strip().partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    parsed = datetime.fromisoformat(body + rest[digits:])
    seconds = int(parsed.replace(tzinfo=parsed.tzinfo or UTC).timestamp())
    moment = seconds * SECOND + int(rest[:digits][:9].ljust(9, "0"))
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(f"a time must be of the years 1 to 9999, was {text!r}")
    return moment
