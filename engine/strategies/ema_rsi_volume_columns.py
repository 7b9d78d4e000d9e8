"""The compiled half of ema_rsi_volume: indicators to side, score and confidence in one pass. See docs/strategies.md.

The pass has no branches, so that the compiler can work on several bars at a time; comparisons with an undefined
indicator are false and make every column 0.
"""

import numpy as np

from engine.jit import njit

PER_RSI_REACH = 1 / 10.0  # ten points outside the band the RSI's part of the score has faded to nothing
PER_TREND_FULL = 1 / 0.002  # a distance of 0.2 % from the average counts as full strength


@njit
def close_and_volume(candles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both columns in one walk over the records, which is mostly waiting for memory."""
    close, volume = np.empty(candles.size), np.empty(candles.size)
    for i in range(candles.size):
        close[i], volume[i] = candles[i]["close"], candles[i]["volume"]
    return close, volume


@njit
def signal_columns(
    close: np.ndarray,
    average: np.ndarray,
    strength: np.ndarray,
    volume: np.ndarray,
    mean: np.ndarray,
    factor: float,
    floor: float,
    ceiling: float,
    short_side: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Side, score, confidence and the volume to beat (``mean`` times ``factor``) of each bar.

    ``short_side``: -1, or 0 for none. Divisors that stay the same are inverted once: a division takes five times as
    long as a product.
    """
    n = close.size
    side, score, confidence, busy = np.empty(n, np.int8), np.empty(n), np.empty(n), np.empty(n)
    half = (ceiling - floor) / 2.0
    middle, per_half = floor + half, 1.0 / half
    for i in range(n):
        up, down = close[i] > average[i], close[i] < average[i]
        rsi = 100.0 - strength[i] if down else strength[i]
        threshold = mean[i] * factor
        beyond = abs(rsi - middle) - half  # points outside the band; negative inside
        ratio = volume[i] / threshold
        trend = min(abs(close[i] / average[i] - 1.0) * PER_TREND_FULL, 1.0)
        clear = 0.7 + 0.1 * (trend - beyond * per_half + min(ratio - 1.0, 1.0))
        share = min(ratio, 1.0)
        near = 0.69 * max(1.0 - max(beyond, 0.0) * PER_RSI_REACH, 0.0) * share * share
        holds = (up or down) & (floor <= rsi) & (rsi <= ceiling) & (volume[i] > threshold)
        known = (up or down) & (rsi >= 0.0) & (threshold >= 0.0) & (ratio >= 0.0)
        certainty = (clear if holds else near) if known else 0.0
        busy[i] = threshold
        confidence[i] = certainty
        score[i] = -certainty if down else certainty
        side[i] = (short_side if down else 1) if holds else 0
    return side, score, confidence, busy
