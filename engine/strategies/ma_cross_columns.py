"""The compiled half of ma_cross: averages to side, score and confidence in one pass. See docs/strategies.md."""

import numpy as np

from engine.jit import njit

NEAR = 0.001  # distance of the averages, relative to the slow one, from which a cross counts as near


@njit
def signal_columns(fast: np.ndarray, slow: np.ndarray, touch: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Side, score and confidence of each bar. ``touch``: relative distance within which the averages are equal."""
    n = fast.size
    side, score, confidence = np.zeros(n, np.int8), np.zeros(n), np.zeros(n)
    for i in range(1, n):
        gap, before = fast[i] / slow[i] - 1.0, fast[i - 1] / slow[i - 1] - 1.0
        above, was_above = fast[i] > slow[i] * (1.0 + touch), fast[i - 1] > slow[i - 1] * (1.0 + touch)
        below, was_below = fast[i] < slow[i] * (1.0 - touch), fast[i - 1] < slow[i - 1] * (1.0 - touch)
        if np.isnan(before):
            continue
        if (above and not was_above) or (below and not was_below):
            side[i] = 1 if above else -1
            confidence[i] = 0.7 + 0.3 * min(abs(gap - before) / NEAR, 1.0)
            score[i] = side[i] * confidence[i]
        elif abs(gap) < abs(before) and abs(gap) < NEAR:
            confidence[i] = 0.69 * (1.0 - abs(gap) / NEAR)
            score[i] = -confidence[i] if gap > 0.0 else confidence[i]
    return side, score, confidence
