"""How much to buy. Quantities in lots, money in quote, prices in quote per base."""

import math

import numpy as np

from engine import limits
from engine.jit import njit
from engine.kinds import SizeMode
from engine.orders.prices import affordable
from engine.records import Record

QUOTE, EQUITY, RISK = (mode.value for mode in SizeMode)
_least_lots = njit(limits.least_lots)
FUNDS_MARGIN = limits.FUNDS_MARGIN


@njit
def digits_scale(equity: float) -> float:
    """The power of ten that lifts the equity to seven digits before the point; 100 at 10,000, 1 for no equity.

    Amounts are rounded by it before use: the same account as a float sum here and as exact decimals in the ledger
    then gives the same quantity.
    """
    scale = 1.0
    if equity > 0.0 and equity < math.inf:
        while equity * scale < 1e6:
            scale *= 10.0
        while equity * scale >= 1e7:
            scale /= 10.0
    return scale


@njit
def rounded(amount: float, scale: float) -> float:
    return np.floor(amount * scale + 0.5) / scale


@njit
def rounded_down(amount: float, scale: float) -> float:
    """Float noise just below a digit counts as the digit."""
    return np.floor(amount * scale + 1e-6) / scale


@njit
def wanted_lots(close: float, equity: float, stop: float, settings: Record, rules: Record) -> int:
    """What the bot's size setting asks for at this close, before any limit; 0 when it cannot be computed.

    RISK sizes so that a fall to the stop, both fees and slippages included, loses ``size`` of the equity.
    """
    if not (close > 0.0 and equity > 0.0):
        return 0
    size, mode = settings["size"], settings["size_mode"]
    if mode == RISK:
        if not stop > 0.0:
            return 0
        exit_price = close * (1.0 - stop)
        loss = close - exit_price + (rules["taker"] + rules["slippage"]) * (close + exit_price)
        return math.floor(equity * size / loss / rules["lot"])
    notional = size if mode == QUOTE else size * equity
    return math.floor(notional / close / rules["lot"])


@njit
def capped_lots(lots: int, close: float, equity: float, max_position: float, lot: float) -> int:
    """``lots`` cut to the largest position allowed, as a ratio of equity; 0 = no such rule."""
    if not max_position > 0.0:
        return lots
    return min(lots, math.floor(max_position * equity / close / lot))


@njit
def covered_lots(lots: int, close: float, cash: float, rules: Record) -> int:
    """``lots`` cut to what free cash pays at this close, fee included."""
    return min(lots, affordable(cash, close, rules["taker"], rules["lot"]))


@njit
def least_lots(close: float, rules: Record) -> int:
    """The smallest order the product takes at this price."""
    return _least_lots(close, rules["lot"], rules["min_qty"], rules["min_notional"])


@njit
def funds_for(lots: int, close: float, cash: float, rules: Record) -> float:
    """Quote to hold for a market buy: its cost at the close with fee and a margin, never more than the free cash."""
    return min(cash, lots * rules["lot"] * close * (1.0 + rules["taker"]) * FUNDS_MARGIN)
