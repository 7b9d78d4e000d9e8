"""Prices on the tick grid and what money buys."""

import math

import numpy as np

from engine.jit import njit

ON_GRID = 1e-6  # ticks; a price this near to a tick is that tick


@njit
def _price(ticks: float, tick: float) -> float:
    """Whole ticks to the double nearest to the decimal price: 4 / 10 is 0.4, but 4 * 0.1 need not be."""
    if tick < 1.0:
        return ticks / np.floor(1.0 / tick + 0.5)
    return ticks * tick


@njit
def snap_up(price: float, tick: float) -> float:
    return _price(np.ceil(price / tick - ON_GRID), tick)


@njit
def snap_down(price: float, tick: float) -> float:
    return _price(np.floor(price / tick + ON_GRID), tick)


@njit
def slipped(price: float, side: int, slippage: float, tick: float) -> float:
    """The price a taker gets: moved against it, then snapped against it."""
    if side > 0:
        return snap_up(price * (1.0 + slippage), tick)
    return snap_down(price * (1.0 - slippage), tick)


@njit
def exit_prices(price: float, stop: float, target: float, tick: float) -> tuple[float, float]:
    """Stop and target of a long position entered at ``price``, from ratios of it; both snapped up, 0 stays 0."""
    stop_price = snap_up(price * (1.0 - stop), tick) if stop > 0.0 else 0.0
    target_price = snap_up(price * (1.0 + target), tick) if target > 0.0 else 0.0
    return stop_price, target_price


@njit
def affordable(funds: float, price: float, fee: float, lot: float) -> int:
    """Lots that ``funds`` buy at ``price`` with the fee ratio, rounded down.

    A hair is kept back, so that the cost recomputed in exact decimals stays within the funds too.
    """
    if not (funds > 0.0 and price > 0.0):
        return 0
    return math.floor(funds * (1.0 - 1e-12) / (price * (1.0 + fee) * lot))
