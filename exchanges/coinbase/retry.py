"""Waiting longer after each failure, never in step with others."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Backoff:
    """Pauses that double from ``first`` to at most ``longest`` seconds, each cut by up to half at random."""

    first: float = 0.5
    longest: float = 30.0
    chance: Callable[[], float] = random.random
    _failures: int = field(default=0, init=False)

    def pause(self) -> float:
        """Seconds to wait after one more failure."""
        whole = min(self.longest, self.first * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return whole * (1 - self.chance() / 2)

    def reset(self) -> None:
        """It worked."""
        self._failures = 0
