"""What slices have in common: their price, and that none leaves less than the exchange takes."""

from engine.jit import njit
from engine.orders.prices import snap_down, snap_up
from engine.plans.wants import too_small
from engine.records import Record


@njit
def with_rest(size: int, left: int, price: float, rules: Record) -> int:
    """The size, or all that is left when the rest after it would be too small to trade."""
    size = max(size, rules["min_qty"])
    if size >= left or too_small(left - size, price, rules):
        return left
    return size


@njit
def beyond(plan: Record, price: float) -> bool:
    """The price is worse than the plan's limit."""
    return plan["limit"] > 0.0 and (price - plan["limit"]) * plan["side"] > 0.0


@njit
def slice_price(plan: Record, last: float, direction: int, rules: Record) -> float:
    """The last price moved by offset up (+1) or down (-1), on the tick, not past the limit."""
    price = last * (1.0 + direction * plan["offset"])
    price = snap_up(price, rules["tick"]) if direction > 0 else snap_down(price, rules["tick"])
    if beyond(plan, price):
        return plan["limit"]
    return price
