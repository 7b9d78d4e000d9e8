"""How many requests may be made: a token bucket, of one process here, shared through what the caller passes in."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from exchanges.port import Unavailable


class Budget(Protocol):
    def wait(self, patience: float) -> None:
        """Takes one request, after a pause if need be. Raises Unavailable when that would take over ``patience`` s."""


class LocalBudget:
    """``rate`` requests a second on average, ``burst`` of them at once. Safe for threads."""

    def __init__(
        self,
        rate: float,
        burst: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError(f"rate must be above 0 and burst at least 1, were {rate} and {burst}")
        self.rate, self.burst = rate, burst
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._tokens, self._since = float(burst), clock()

    def wait(self, patience: float) -> None:
        pause = self._take(patience)
        if pause:
            self._sleep(pause)

    def _take(self, patience: float) -> float:
        """Takes a token, of the future if need be; the seconds until it is there."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self.burst, self._tokens + (now - self._since) * self.rate)
            self._since = now
            pause = max(0.0, (1 - self._tokens) / self.rate)
            if pause > patience:
                raise Unavailable(f"too many requests wait: the next may be made in {pause:.1f} s, not {patience:g}")
            self._tokens -= 1
            return pause
