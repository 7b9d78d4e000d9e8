"""The indicators that strategies use, each an array in and an array of the same length out, NaN until defined.

The definitions are pandas-ta's with TA-Lib, which for these three hands the work to TA-Lib unchanged; it is called
here directly, because the Series wrapper costs four times the calculation (see docs/decisions/indicators.md). The
tests hold them to pandas-ta bit for bit.
"""

from collections.abc import Callable

import numpy as np
import talib

__all__ = ["ema", "rsi", "sma"]


def ema(values: np.ndarray, length: int) -> np.ndarray:
    """Exponential moving average with weight 2 / (length + 1), started by the mean of the first ``length``."""
    return _defined(talib.EMA, values, length)


def sma(values: np.ndarray, length: int) -> np.ndarray:
    """Simple moving average."""
    return _defined(talib.SMA, values, length)


def rsi(values: np.ndarray, length: int) -> np.ndarray:
    """Wilder's relative strength index, 0..100."""
    return _defined(talib.RSI, values, length)


def _defined(indicator: Callable[..., np.ndarray], values: np.ndarray, length: int) -> np.ndarray:
    if values.size == 0:
        return np.empty(0)
    return indicator(values, timeperiod=length)
