"""In which order the calls of one key share its budget: orders, then cancels, then everything that only reads."""

import math
import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from enum import IntEnum
from http import HTTPStatus
from typing import Protocol

from exchanges.port import Unavailable

LONGEST = 60.0  # seconds that the exchange is obeyed at most
USUAL = 1.0  # seconds of silence after a 429 that names none


class Urgency(IntEnum):
    ORDER = 0
    CANCEL = 1
    READ = 2


# Seconds that a call waits for its turn. An order's are few: its price was decided on a moment ago.
PATIENCE = {Urgency.ORDER: 3.0, Urgency.CANCEL: 5.0, Urgency.READ: 5.0}


class Pace(Protocol):
    def wait(self, urgency: Urgency) -> None:
        """Takes a request's place, after a pause if need be. Raises Unavailable when that would take too long."""

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """What the exchange answered: a 429 silences the key for a while."""


class LocalPace:
    """Of one process, safe for threads. ``rate`` requests a second, ``burst`` at once; reads leave ``kept`` of them to
    the others."""

    def __init__(
        self,
        rate: float,
        burst: int,
        *,
        kept: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.rate, self.burst, self.kept = rate, burst, kept
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._tokens, self._since, self._silent = float(burst), clock(), 0.0

    def wait(self, urgency: Urgency) -> None:
        with self._lock:
            pause = self._take(urgency)
        if pause > PATIENCE[urgency]:
            raise too_long(pause, urgency)
        if pause:
            self._sleep(pause)

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self._silent = self._clock() + silence(headers)

    def _take(self, urgency: Urgency) -> float:
        now = self._clock()
        self._tokens = min(self.burst, self._tokens + (now - self._since) * self.rate)
        self._since = now
        floor = self.kept if urgency == Urgency.READ else 0
        pause = max(0.0, (1 + floor - self._tokens) / self.rate, self._silent - now)
        if pause <= PATIENCE[urgency]:
            self._tokens -= 1
        return pause


def too_long(pause: float, urgency: Urgency) -> Unavailable:
    return Unavailable(
        f"the key's budget of requests is used up: the next may be made in {pause:.1f} s, not {PATIENCE[urgency]:g}"
    )


def silence(headers: Mapping[str, str], *, now: Callable[[], float] = time.time) -> float:
    """Seconds for which a 429 wants silence: its Retry-After, in seconds or as a date."""
    value = headers.get("Retry-After") or headers.get("retry-after") or ""
    try:
        seconds = float(value) if value else USUAL
    except ValueError:
        seconds = _until(value, now())
    return USUAL if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST)


def _until(date: str, now: float) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except ValueError:
        return USUAL
