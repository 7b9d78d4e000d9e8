"""What must happen every so often. Filled in tradingsite/wiring.py, run by the clock process."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Sweep:
    """A job of the clock, safe to run at any time and twice; ``every`` in seconds."""

    name: str
    every: float
    run: Callable[[], object]


sweeps: list[Sweep] = []
