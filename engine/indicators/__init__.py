"""The indicators of strategies and charts: an array in, arrays of the same length out, NaN until defined.

The definitions are pandas-ta's with TA-Lib, which for all of these hands the work to TA-Lib unchanged; it is called
here directly, because the Series wrapper costs four times the calculation (see docs/decisions/indicators.md). The
tests hold them to pandas-ta bit for bit.
"""

from collections.abc import Callable

import numpy as np

from engine.indicators.library import talib

__all__ = ["bollinger", "ema", "macd", "rsi", "sma"]


def ema(values: np.ndarray, length: int) -> np.ndarray:
    """Exponential moving average with weight 2 / (length + 1), started by the mean of the first ``length``."""
    return _defined(talib.EMA, values, length)


def sma(values: np.ndarray, length: int) -> np.ndarray:
    """Simple moving average."""
    return _defined(talib.SMA, values, length)


def rsi(values: np.ndarray, length: int) -> np.ndarray:
    """Wilder's relative strength index, 0..100."""
    return _defined(talib.RSI, values, length)


def bollinger(values: np.ndarray, length: int, deviations: float = 2.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower band, middle (the simple average) and upper band, ``deviations`` population deviations away."""
    if values.size == 0:
        return np.empty(0), np.empty(0), np.empty(0)
    upper, middle, lower = talib.BBANDS(values, timeperiod=length, nbdevup=deviations, nbdevdn=deviations)
    return lower, middle, upper


def macd(
    values: np.ndarray, fast: int = 12, slow: int = 26, signal: int = 9
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Line (fast less slow average), signal (the line's average) and histogram (line less signal)."""
    if values.size == 0:
        return np.empty(0), np.empty(0), np.empty(0)
    line, smooth, histogram = talib.MACD(values, fastperiod=fast, slowperiod=slow, signalperiod=signal)
    return line, smooth, histogram


def _defined(indicator: Callable[..., np.ndarray], values: np.ndarray, length: int) -> np.ndarray:
    if values.size == 0:
        return np.empty(0)
    return indicator(values, timeperiod=length)
