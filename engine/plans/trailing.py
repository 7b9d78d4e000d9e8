"""Trailing stop: a stop that follows the price and never goes back.

Reads activation (0 = armed at once), callback and absolute, by_limit and offset, source, rest and every. For a seller:

    extreme = the highest price since it was armed
    stop    = extreme x (1 - callback), or extreme - callback when absolute; on the tick, never lower than before
    fires when the price is at the stop or below it

A buyer's mirrors that. A bar is walked open, nearer extreme, farther extreme, close; but first of all its worst price
is held against the stop as it was before the bar, so that a bar, missed or not, is never read too kindly.
"""

import numpy as np

from engine.jit import njit
from engine.kinds import DeedReason, OrderKind, PlanOutcome, PlanPhase, PriceSource
from engine.orders.prices import snap_down, snap_up
from engine.plans.exits import fire, fired, want_out, worse_by
from engine.plans.market import BAR, confirmed, on_path, points, reached, worst_first
from engine.plans.oco import is_over
from engine.plans.wants import STOP_LEG, alive, exits_filled, finish, given_up, holds, left_of, want
from engine.records import Record

STOP, STOP_LIMIT = OrderKind.STOP.value, OrderKind.STOP_LIMIT.value
ARMED, LAST = PlanPhase.ARMED.value, PriceSource.LAST.value
FILLED, CANCELLED = PlanOutcome.FILLED.value, PlanOutcome.CANCELLED.value
BY_FILL, RESIZED, RATCHET = DeedReason.FILLED.value, DeedReason.RESIZED.value, DeedReason.RATCHET.value


@njit
def trailing(plan: Record, state: Record, event: Record, news: bool, legs: np.ndarray, rules: Record) -> None:
    side, sold = plan["side"], exits_filled(legs)
    held = left_of(state, plan["qty"] - sold, plan["side"])
    if legs[STOP_LEG]["total"] > 0 and not fired(state):
        fire(state, event, state["rested"])  # the resting stop trades: it has been hit, whatever prices were seen
    if news:
        _follow(plan, state, event, rules)
    elif state["armed_time"] == 0 and plan["activation"] == 0.0 and plan["source"] == LAST and state["last"] > 0.0:
        _arm(plan, state, event, state["last"], rules)
    if is_over(state, legs, held, rules):
        finish(state, FILLED if sold > 0 else CANCELLED, BY_FILL if sold > 0 else RESIZED)
        return
    if fired(state):
        resting = alive(legs[STOP_LEG]) and legs[STOP_LEG]["kind"] >= STOP and _hits_rested(state, side)
        stop = state["stop"]
        want_out(plan, state, legs, held, side, stop, _limit(plan, stop, rules), resting, rules)
    elif state["armed_time"] > 0 and plan["rest"]:
        _rest(plan, state, legs, held, rules)


@njit
def _follow(plan: Record, state: Record, event: Record, rules: Record) -> None:
    """Arms, draws up and fires along the prices of the event."""
    side = plan["side"]
    if event["kind"] == BAR and plan["source"] == LAST and not fired(state):
        for i in range(2):
            price = worst_first(event, i, side)
            if not fired(state) and reached(price, state["stop"], side):
                fire(state, event, price if i == 0 else state["stop"])
    for i in range(points(event)):
        price = on_path(event, i, side)
        if not fired(state):
            _step(plan, state, event, price, i == 0, rules)
        state["seen"] = price


@njit
def _step(plan: Record, state: Record, event: Record, price: float, traded: bool, rules: Record) -> None:
    """One price: it fires an armed stop, or draws it up, or arms it."""
    side = plan["side"]
    good = confirmed(plan, state, price, -side)
    if state["armed_time"] == 0:
        if good > 0.0 and (plan["activation"] == 0.0 or reached(good, plan["activation"], -side)):
            _arm(plan, state, event, good, rules)
    elif reached(confirmed(plan, state, price, side), state["stop"], side):
        fire(state, event, price if traded else state["stop"])
    elif (state["extreme"] - good) * side > 0.0:
        _draw(plan, state, event, good, rules)


@njit
def _arm(plan: Record, state: Record, event: Record, price: float, rules: Record) -> None:
    state["armed_time"], state["phase"] = event["time"], ARMED
    _draw(plan, state, event, price, rules)


@njit
def _draw(plan: Record, state: Record, event: Record, price: float, rules: Record) -> None:
    """A new extreme; the stop follows where that makes it tighter."""
    side, tick, callback = plan["side"], rules["tick"], plan["callback"]
    state["extreme"], state["extreme_time"] = price, event["time"]
    away = callback if plan["absolute"] else price * callback
    if side < 0:
        state["stop"] = max(state["stop"], snap_up(price - away, tick))
    else:
        stop = snap_down(price + away, tick)
        state["stop"] = stop if state["stop"] == 0.0 else min(state["stop"], stop)


@njit
def _rest(plan: Record, state: Record, legs: np.ndarray, held: int, rules: Record) -> None:
    """The stop rests at the exchange and moves there at most every so many seconds."""
    kind = STOP_LIMIT if plan["by_limit"] else STOP
    if not holds(plan, kind) or given_up(state, legs, STOP_LEG):
        return
    due = state["rested"] == 0.0 or state["time"] - state["rested_time"] >= plan["every"]
    if due and state["rested"] != state["stop"]:
        state["rested"], state["rested_time"], state["reason"] = state["stop"], state["time"], RATCHET
    want(state, STOP_LEG, kind, held, _limit(plan, state["rested"], rules), state["rested"])


@njit
def _hits_rested(state: Record, side: int) -> bool:
    """The price that fired the stop hits the order that rests at the exchange too; that may lag behind."""
    return reached(state["fired_price"], state["rested"], side) or reached(state["last"], state["rested"], side)


@njit
def _limit(plan: Record, stop: float, rules: Record) -> float:
    """Limit price of the order that a stop makes, 0 = market."""
    return worse_by(stop, plan["offset"], plan["side"], rules["tick"]) if plan["by_limit"] else 0.0
