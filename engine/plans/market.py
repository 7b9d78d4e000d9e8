"""How a plan reads the market: what is new, in which order a bar's prices came, and when a price says something."""

import math

from engine.jit import njit
from engine.kinds import EventKind, PriceSource
from engine.records import Record

BAR, TIME, CHANGE, TICK = (kind.value for kind in (EventKind.BAR, EventKind.TIME, EventKind.CHANGE, EventKind.TICK))
LAST = PriceSource.LAST.value


@njit
def take_in(state: Record, event: Record) -> bool:
    """Moves the clock and the last price. True when the event is news of the market.

    A tick has the position of the BAR in the making: that bar, when it comes, is no news any more. A tick like the one
    before it in price and second is taken for the same.
    """
    before, state["time"] = state["time"], max(state["time"], event["time"])
    if event["kind"] == TIME or event["kind"] == CHANGE:
        if event["close"] > 0.0 and event["position"] >= state["position"]:
            state["last"] = event["close"]
        return False
    if not event["open"] > 0.0 or event["position"] < state["position"]:
        return False
    if event["position"] == state["position"] and (
        event["kind"] != TICK or (event["close"] == state["last"] and event["time"] == before)
    ):
        return False
    state["position"], state["last"] = event["position"], event["close"]
    return True


@njit
def points(event: Record) -> int:
    """How many prices the event tells: the four of a bar, the one of an opening or a tick."""
    return 4 if event["kind"] == BAR else 1


@njit
def on_path(event: Record, i: int, side: int) -> float:
    """Price ``i`` of a bar on its way open, nearer extreme, farther extreme, close.

    Both equally near: the one that is good for ``side`` first, so that a trailing stop is drawn up before the fall.
    """
    good, bad = (event["high"], event["low"]) if side < 0 else (event["low"], event["high"])
    good_first = abs(good - event["open"]) <= abs(bad - event["open"])
    return _one_of(event, i, good if good_first else bad, bad if good_first else good)


@njit
def worst_first(event: Record, i: int, side: int) -> float:
    """Price ``i`` of a bar with what is bad for ``side`` (for a seller: the low) before what is good."""
    good, bad = (event["high"], event["low"]) if side < 0 else (event["low"], event["high"])
    return _one_of(event, i, bad, good)


@njit
def _one_of(event: Record, i: int, first: float, second: float) -> float:
    if i == 0:
        return event["open"]
    if i == 1:
        return first
    return second if i == 2 else event["close"]


@njit
def confirmed(plan: Record, state: Record, price: float, direction: int) -> float:
    """How far in ``direction`` (+1 up, -1 down) the price has surely gone. NaN = nobody knows yet.

    With DOUBLE_LAST one price alone proves nothing: the less far of the last two counts.
    """
    if plan["source"] == LAST:
        return price
    if state["seen"] == 0.0:
        return math.nan
    return min(state["seen"], price) if direction > 0 else max(state["seen"], price)


@njit
def reached(price: float, level: float, direction: int) -> bool:
    """The price is at the level or beyond it; a level of 0 is none."""
    return level > 0.0 and (price - level) * direction >= 0.0
