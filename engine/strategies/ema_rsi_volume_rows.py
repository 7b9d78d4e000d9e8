"""The compiled half of ema_rsi_volume: indicators to side, score and confidence in one pass."""

import numpy as np

from engine.jit import njit

RSI_REACH = 10.0  # points outside the band at which the RSI's part of the score has faded to nothing
TREND_FULL = 0.002  # distance from the average, as a ratio, that counts as full strength


@njit
def signal_columns(
    close: np.ndarray,
    average: np.ndarray,
    strength: np.ndarray,
    volume: np.ndarray,
    busy: np.ndarray,
    floor: float,
    ceiling: float,
    short_closes: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Side, score and confidence of each bar; 0 where an indicator is not yet defined. See docs/strategies.md."""
    n = close.size
    side = np.zeros(n, np.int8)
    score = np.zeros(n)
    confidence = np.zeros(n)
    for i in range(n):
        direction = 1.0 if close[i] > average[i] else -1.0
        rsi = strength[i] if direction > 0.0 else 100.0 - strength[i]
        if not (average[i] > 0.0 and busy[i] >= 0.0 and rsi >= 0.0) or close[i] == average[i]:
            continue
        if floor <= rsi <= ceiling and volume[i] > busy[i]:
            confidence[i] = _certain(close[i], average[i], rsi, volume[i], busy[i], floor, ceiling)
            side[i] = 1 if direction > 0.0 else -int(short_closes)
        else:
            confidence[i] = _near(rsi, volume[i], busy[i], floor, ceiling)
        score[i] = direction * confidence[i]
    return side, score, confidence


@njit
def _certain(
    close: float, average: float, rsi: float, volume: float, busy: float, floor: float, ceiling: float
) -> float:
    """0.7 .. 1: the mean of how clear trend, RSI and volume are."""
    trend = min(abs(close / average - 1.0) / TREND_FULL, 1.0)
    middle = 1.0 - abs(2.0 * rsi - floor - ceiling) / (ceiling - floor)
    surplus = min(volume / busy - 1.0, 1.0) if busy > 0.0 else 1.0
    return 0.7 + 0.1 * (trend + middle + surplus)


@njit
def _near(rsi: float, volume: float, busy: float, floor: float, ceiling: float) -> float:
    """0 .. 0.69: how near RSI and volume are to what a signal needs; volume counts by its square."""
    outside = max(floor - rsi, rsi - ceiling, 0.0)
    reach = max(1.0 - outside / RSI_REACH, 0.0)
    share = min(volume / busy, 1.0) if busy > 0.0 else 1.0
    return 0.69 * reach * share * share
