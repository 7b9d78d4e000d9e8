"""Making higher timeframes from closed bars."""

import numpy as np

from engine.records import CANDLE


def aggregate(candles: np.ndarray, seconds: int) -> np.ndarray:
    """Bars of ``seconds``, on the grid of whole multiples since 1970 (UTC), from CANDLE records in time order.

    A bar is made of the bars there are: a stretch without any gives none, and the last bar may still be forming.
    The bars given must not be longer than ``seconds``. Each result depends on its own bars alone, so that a bar made
    live equals the same bar made of the whole history.
    """
    if seconds <= 0:
        raise ValueError(f"seconds must be above 0, was {seconds}")
    times = candles["time"]
    if np.any(times[1:] <= times[:-1]):
        raise ValueError("candles must be in time order, each time once")
    starts = times - times % seconds
    first = np.flatnonzero(np.diff(starts, prepend=-1))  # of each new bar
    bars = np.empty(len(first), dtype=CANDLE)
    if not len(first):
        return bars
    bars["time"] = starts[first]
    bars["open"] = candles["open"][first]
    bars["high"] = np.maximum.reduceat(candles["high"], first)
    bars["low"] = np.minimum.reduceat(candles["low"], first)
    bars["close"] = candles["close"][np.append(first[1:], len(candles)) - 1]
    bars["volume"] = np.add.reduceat(candles["volume"], first)
    return bars
