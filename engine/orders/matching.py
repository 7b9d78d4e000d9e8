"""What an event does to an order. The one matching of backtest and paper.

An event matches only orders that arrived before it. OPEN is the first trade of a bar, BAR the rest of it; inside a
BAR the stop is hit before the target. Market, stop and marketable limit fills take (taker fee, slippage); resting
limits and targets make (maker fee, at the limit exactly) and fill only when the price trades through them.
"""

import math

from engine.jit import njit
from engine.kinds import Done, EventKind, FillReason, OrderKind
from engine.orders.prices import affordable, exit_prices, slipped
from engine.records import Record

__all__ = ["exit_kind", "exit_prices", "match"]

OPEN, TIME = EventKind.OPEN.value, EventKind.TIME.value
MARKET, LIMIT, STOP, BRACKET, STOP_LIMIT = (kind.value for kind in OrderKind)
BY_MARKET, BY_LIMIT, BY_STOP, BY_TARGET = (reason.value for reason in FillReason)
RESTS, FILLED, CANCELLED, EXPIRED, REJECTED = (done.value for done in Done)
UNCAPPED = 2**62


@njit
def exit_kind(stop: float, target: float) -> int:
    """OrderKind of the exit order for these ratios or prices (0 = none); -1 when there is nothing to place."""
    if stop > 0.0:
        return BRACKET if target > 0.0 else STOP
    return LIMIT if target > 0.0 else -1


@njit(inline="always")
def match(order: Record, event: Record, rules: Record, fill: Record) -> bool:
    """Lets ``event`` work on ``order``. True when ``fill`` was written.

    The order's filled, funds, triggered and resting change. A fill with qty 0 and done CANCELLED is no trade: the
    funds of a buy did not cover one lot. ``fill.done`` says what became of the order.
    """
    if event["position"] <= order["arrival"] or event["kind"] == TIME or not event["open"] > 0.0:
        return False
    hit = False
    if event["kind"] == OPEN:
        if order["kind"] == MARKET or order["triggered"] or _trades_at(order, event["open"], event["open"]):
            hit = _at_open(order, event["open"], rules, fill)
    elif order["kind"] != MARKET:
        worst, best = (event["high"], event["low"]) if order["side"] > 0 else (event["low"], event["high"])
        if _trades_at(order, worst, best):
            hit = _in_bar(order, event, worst, rules, fill)
    order["resting"] = True
    if hit:
        fill["order"] = order["id"]
        fill["position"] = event["position"]
        fill["time"] = event["time"]
    return hit


@njit
def _stopped(order: Record, worst: float) -> bool:
    """The price that is worst for the order's owner reaches the stop."""
    return order["stop"] > 0.0 and (worst - order["stop"]) * order["side"] >= 0.0


@njit
def _trades_at(order: Record, worst: float, best: float) -> bool:
    """The stop is reached, or the price trades through the limit; to touch it is not enough."""
    through = order["limit"] > 0.0 and (order["limit"] - best) * order["side"] > 0.0
    return through or _stopped(order, worst)


@njit
def _at_open(order: Record, price: float, rules: Record, fill: Record) -> bool:
    """The first trade of a bar: its volume is unknown, so no cap applies."""
    if order["kind"] == MARKET:
        return _take(order, price, BY_MARKET, UNCAPPED, rules, fill)
    if order["triggered"] or _stopped(order, price):
        order["triggered"] = True
        return _take(order, price, BY_STOP, UNCAPPED, rules, fill)
    if order["kind"] == LIMIT and not order["resting"]:
        return _take(order, price, BY_LIMIT, UNCAPPED, rules, fill)
    return _make(order, UNCAPPED, rules, fill)


@njit
def _in_bar(order: Record, event: Record, worst: float, rules: Record, fill: Record) -> bool:
    """The rest of a bar; the stop is hit before the limit."""
    cap = UNCAPPED
    if rules["volume_share"] > 0.0:
        cap = math.floor(rules["volume_share"] * event["volume"] / rules["lot"])
    if _stopped(order, worst):
        order["triggered"] = True
        gapped = max(order["stop"], event["open"]) if order["side"] > 0 else min(order["stop"], event["open"])
        return _take(order, gapped, BY_STOP, cap, rules, fill)
    return _make(order, cap, rules, fill)


@njit
def _take(order: Record, price: float, reason: int, cap: int, rules: Record, fill: Record) -> bool:
    price = slipped(price, order["side"], rules["slippage"], rules["tick"])
    if order["kind"] == LIMIT:
        price = min(price, order["limit"]) if order["side"] > 0 else max(price, order["limit"])
    fill["maker"] = False
    return _fill(order, price, rules["taker"], reason, cap, rules["lot"], fill)


@njit
def _make(order: Record, cap: int, rules: Record, fill: Record) -> bool:
    reason = BY_LIMIT if order["kind"] == LIMIT else BY_TARGET
    fill["maker"] = True
    return _fill(order, order["limit"], rules["maker"], reason, cap, rules["lot"], fill)


@njit
def _fill(order: Record, price: float, ratio: float, reason: int, cap: int, lot: float, fill: Record) -> bool:
    """Writes the fill of at most ``cap`` lots and books it on the order."""
    left = order["qty"] - order["filled"]
    covered = left
    if order["side"] > 0:
        covered = min(left, affordable(order["funds"], price, ratio, lot))
    qty = min(covered, cap)
    if qty <= 0 and covered > 0:
        return False  # the bar had no volume to spare; the order waits on
    amount = qty * lot * price
    fill["price"] = price
    fill["qty"] = qty
    fill["fee"] = amount * ratio
    fill["reason"] = reason
    order["filled"] += qty
    if order["side"] > 0:
        order["funds"] -= amount + fill["fee"]
    if qty == left:
        fill["done"] = FILLED
    elif qty == covered:
        fill["done"] = CANCELLED  # the funds are spent
    else:
        fill["done"] = RESTS
    return True
