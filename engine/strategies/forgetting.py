"""How many bars an average needs until what came before no longer matters."""

import math

FORGOTTEN = 1e-10  # weight left of everything before; 1e-9 with a margin for wild starts


def _until_forgotten(length: int, kept: float) -> int:
    """Bars of an average that starts as a plain mean of ``length`` and keeps the ratio ``kept`` of itself a bar."""
    return length + math.ceil(math.log(FORGOTTEN) / math.log(kept))


def average_memory(length: int) -> int:
    """Bars of an exponential average with weight 2 / (length + 1)."""
    return _until_forgotten(length, 1 - 2 / (length + 1))


def wilder_memory(length: int) -> int:
    """Bars of Wilder's average (RSI, ATR), weight 1 / length, over differences."""
    return 1 + _until_forgotten(length, 1 - 1 / length)
