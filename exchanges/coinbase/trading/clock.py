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
PATIENCE = (2.0, 3.0)
LARGEST = 5.0  # seconds; a clock that is further off is told of


class Clock(Protocol):
    def now(self) -> float:
        """Seconds UTC by the exchange's clock."""


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
        self._due = float("-inf")
        self.skew = 0.0  # seconds by which the exchange is ahead of us

    def now(self) -> float:
        """Seconds UTC by the exchange's clock; by ours while it cannot be asked."""
        if self._monotonic() >= self._due and self._lock.acquire(blocking=False):
            try:
                self._read()
            finally:
                self._lock.release()
        return self._clock() + self.skew

    def doubt(self) -> None:
        """A token was refused: the next one is made after a new reading."""
        self._due = float("-inf")

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
