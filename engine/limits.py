"""The arithmetic of hard limits, once: compiled into the decisions of bots, called as it is for orders made by hand.

Each function calls nothing, so that the compiler takes it whole. Money in quote; a ratio of 0 switches a rule off.
"""

import math

FUNDS_MARGIN = 1.02  # a market buy may cost more than at the price it was decided on
SLACK = 1.0 + 1e-9  # a ratio that float noise lifts over its limit has not broken it


def share_after(held: float, notional: float, equity: float) -> float:
    """What would be in the market after an order, as a ratio of the equity; NaN without one."""
    return (held + notional) / equity if equity > 0.0 else math.nan


def is_within(share: float, limit: float) -> bool:
    """Whether a ratio keeps to its limit; an unknown one does not."""
    return share <= limit * SLACK


def daily_allowance(opening: float, ratio: float, amount: float) -> float:
    """The loss at which entries stop for the day: the smaller of a ratio of the day's opening equity and an amount;
    infinite without a rule."""
    allowed = math.inf
    if ratio > 0.0:
        allowed = opening * ratio
    if amount > 0.0:
        allowed = min(allowed, amount)
    return allowed


def least_lots(price: float, lot: float, min_qty: int, min_notional: float) -> int:
    """The smallest order that a product takes at a price."""
    by_notional = math.ceil(min_notional / (price * lot) - 1e-9)
    return max(min_qty, by_notional, 1)
