"""What an event does to an order. The one matching of backtest and paper.

An event matches only orders that arrived before it. OPEN is the first trade of a bar, BAR the rest of it; inside a
BAR the stop is hit before the target. Market, stop and marketable limit fills take (taker fee, slippage); resting
limits and targets make (maker fee, at the limit exactly) and fill only when the price trades through them.

A stop-limit order that is hit takes at once if its limit allows it, else it rests as a limit order from the next event
on: a gap past both prices leaves it resting. An IOC or FOK limit order ends with the first event it sees. A GTD order
matches no bar that reaches past its time. A post-only order is rejected where the opening price of the
first event it sees would fill it.
"""

import math

from engine.jit import njit
from engine.kinds import Done, EventKind, FillReason, OrderKind, TimeInForce
from engine.orders.prices import affordable, exit_prices, slipped
from engine.records import Record

__all__ = ["exit_kind", "exit_prices", "match"]

OPEN, BAR, TIME = EventKind.OPEN.value, EventKind.BAR.value, EventKind.TIME.value
MARKET, LIMIT, STOP, BRACKET, STOP_LIMIT = (kind.value for kind in OrderKind)
BY_MARKET, BY_LIMIT, BY_STOP, BY_TARGET = (reason.value for reason in FillReason)
RESTS, FILLED, CANCELLED, EXPIRED, REJECTED = (done.value for done in Done)
GTC, GTD, IOC, FOK = (tif.value for tif in TimeInForce)
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

    The order's filled, funds, triggered and resting change. A fill with qty 0 is no trade: CANCELLED, when the funds
    of a buy did not cover one lot or IOC and FOK found nothing; EXPIRED; REJECTED. ``fill.done`` says what became of
    the order.
    """
    if event["position"] <= order["arrival"]:
        return False
    if order["tif"] != GTC:
        return _match_in_time(order, event, rules, fill)
    return _match(order, event, rules, fill)


@njit
def _match_in_time(order: Record, event: Record, rules: Record, fill: Record) -> bool:
    """The orders that do not wait for ever."""
    if order["tif"] == GTD:
        reaches = event["time"] - (event["kind"] == BAR)  # a bar that ends with the order's time still counts
        if reaches >= order["expires"]:
            return _end(order, event, EXPIRED, fill)
        return _match(order, event, rules, fill)
    if order["kind"] != LIMIT or _silent(event):
        return _match(order, event, rules, fill)
    filled, funds, left = order["filled"], order["funds"], order["qty"] - order["filled"]
    if not _match(order, event, rules, fill):
        return _end(order, event, CANCELLED, fill)
    if order["tif"] == FOK and fill["qty"] < left:
        order["filled"], order["funds"] = filled, funds
        return _end(order, event, CANCELLED, fill)
    if fill["done"] == RESTS:
        fill["done"] = CANCELLED
    return True


@njit(inline="always")
def _match(order: Record, event: Record, rules: Record, fill: Record) -> bool:
    if _silent(event):
        return False
    hit = False
    if event["kind"] == OPEN:
        if order["kind"] == MARKET or order["triggered"] or _trades_at(order, event["open"], event["open"]):
            hit = _at_open(order, event["open"], rules, fill)
    elif order["kind"] != MARKET:
        worst, best = (event["high"], event["low"]) if order["side"] > 0 else (event["low"], event["high"])
        if _trades_at(order, worst, best):
            hit = _in_bar(order, event, worst, best, rules, fill)
    order["resting"] = True
    if hit:
        fill["order"] = order["id"]
        fill["position"] = event["position"]
        fill["time"] = event["time"]
    return hit


@njit(inline="always")
def _silent(event: Record) -> bool:
    """Nobody traded, or nobody knows at what price."""
    return event["kind"] >= TIME or not event["open"] > 0.0


@njit
def _end(order: Record, event: Record, done: int, fill: Record) -> bool:
    """The order is over without a trade."""
    fill["order"], fill["position"], fill["time"] = order["id"], event["position"], event["time"]
    return _no_trade(done, fill)


@njit
def _no_trade(done: int, fill: Record) -> bool:
    fill["price"], fill["qty"], fill["fee"], fill["maker"], fill["done"] = 0.0, 0, 0.0, False, done
    return True


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
    if order["kind"] == STOP_LIMIT:
        return _stop_limit(order, price, price, price, UNCAPPED, rules, fill)
    if order["triggered"] or _stopped(order, price):
        order["triggered"] = True
        return _take(order, price, BY_STOP, UNCAPPED, rules, fill)
    if order["kind"] == LIMIT and not order["resting"]:
        if order["post_only"]:
            return _no_trade(REJECTED, fill)
        return _take(order, price, BY_LIMIT, UNCAPPED, rules, fill)
    return _make(order, UNCAPPED, rules, fill)


@njit
def _in_bar(order: Record, event: Record, worst: float, best: float, rules: Record, fill: Record) -> bool:
    """The rest of a bar; the stop is hit before the limit."""
    cap = UNCAPPED
    if rules["volume_share"] > 0.0:
        cap = math.floor(rules["volume_share"] * event["volume"] / rules["lot"])
    gapped = max(order["stop"], event["open"]) if order["side"] > 0 else min(order["stop"], event["open"])
    if order["kind"] == STOP_LIMIT:
        return _stop_limit(order, worst, best, gapped, cap, rules, fill)
    if _stopped(order, worst):
        order["triggered"] = True
        return _take(order, gapped, BY_STOP, cap, rules, fill)
    if order["post_only"] and not order["resting"] and (order["limit"] - event["open"]) * order["side"] > 0.0:
        return _no_trade(REJECTED, fill)
    if order["tif"] >= IOC:
        return _take(order, order["limit"], BY_LIMIT, cap, rules, fill)  # it came to take; at what price is unknown
    return _make(order, cap, rules, fill)


@njit
def _stop_limit(
    order: Record, worst: float, best: float, reached: float, cap: int, rules: Record, fill: Record
) -> bool:
    """``reached`` is the price at which the stop is hit, if it is."""
    if order["triggered"]:
        return (order["limit"] - best) * order["side"] > 0.0 and _make(order, cap, rules, fill)
    if not _stopped(order, worst):
        return False
    order["triggered"] = True
    return (order["limit"] - reached) * order["side"] > 0.0 and _take(order, reached, BY_STOP, cap, rules, fill)


@njit
def _take(order: Record, price: float, reason: int, cap: int, rules: Record, fill: Record) -> bool:
    price = slipped(price, order["side"], rules["slippage"], rules["tick"])
    if order["kind"] == LIMIT or order["kind"] == STOP_LIMIT:
        price = min(price, order["limit"]) if order["side"] > 0 else max(price, order["limit"])
    fill["maker"] = False
    return _fill(order, price, rules["taker"], reason, cap, rules["lot"], fill)


@njit
def _make(order: Record, cap: int, rules: Record, fill: Record) -> bool:
    reason = BY_TARGET if order["kind"] == BRACKET else BY_LIMIT
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
