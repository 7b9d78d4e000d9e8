"""The exchange's clock: tokens are judged by it, and that of this machine may be wrong."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

import requests

from exchanges.coinbase.addresses import Addresses

logger = logging.getLogger(__name__)
PATH = "/api/v3/brokerage/time"
EVERY = 900.0  # seconds between two readings
AGAIN = 30.0  # seconds after one that failed
DOUBTS = 2.0  # seconds between two readings that a doubt may cause
PATIENCE = (2.0, 3.0)
LARGEST = 5.0  # seconds; a clock that is further off is told of


class Clock(Protocol):
    skew: float  # seconds by which the exchange is ahead of us

    def now(self) -> float:
        """Seconds UTC by the exchange's clock."""

    def doubt(self) -> None:
        """A token was refused: looks whether the clocks have parted."""


class ServerClock:
    """Reads how far this machine's clock is off, now and then. Safe for threads; never raises."""

    def __init__(
        self,
        addresses: Addresses,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = addresses.rest.rstrip("/") + PATH
        self._clock, self._monotonic = clock, monotonic
        self._lock = threading.Lock()
        self._due = self._doubted = float("-inf")
        self.skew = 0.0

    def now(self) -> float:
        """Seconds UTC by the exchange's clock; by ours while it cannot be asked."""
        if self._monotonic() >= self._due and self._lock.acquire(blocking=False):
            try:
                self._read()
            finally:
                self._lock.release()
        return self._clock() + self.skew

    def doubt(self) -> None:
        """Reads anew, unless a doubt has just made it; who comes meanwhile waits for that reading."""
        with self._lock:
            if self._monotonic() >= self._doubted + DOUBTS:
                self._doubted = self._monotonic()
                self._read()

    def _read(self) -> None:
        before = self._clock()
        try:
            answer = requests.get(self._address, timeout=PATIENCE, allow_redirects=False)
            answer.raise_for_status()
            told = int(answer.json()["epochMillis"]) / 1000
        except (requests.RequestException, KeyError, TypeError, ValueError):
            self._due = self._monotonic() + AGAIN
            return
        self.skew = told - (before + self._clock()) / 2
        self._due = self._monotonic() + EVERY
        if abs(self.skew) > LARGEST:
            logger.warning(
                "this machine's clock is %.1f s behind the exchange's; tokens follow the exchange's", self.skew
            )
