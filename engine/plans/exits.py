"""The way out of a position: a stop, a target, and the market when the stop does not get through.

On spot two orders would lock the same coins. Where the exchange has a bracket of its own it holds both. Where it holds
stops, the stop rests and the target is kept here: when its price is reached the two are swapped, and swapped back if
the target does not fill in time. Where it holds neither, the target rests and the stop is watched here. Used by
triggers (which have no target), OCO, brackets, and by a trailing stop once it has fired.
"""

import numpy as np

from engine.jit import njit
from engine.kinds import DeedReason, OrderKind, PlanKind, PlanPhase, PriceSource
from engine.orders.prices import snap_down, snap_up
from engine.plans.market import BAR, CHANGE, TIME, confirmed, points, reached, worst_first
from engine.plans.wants import MARKET_LEG, STOP_LEG, TARGET_LEG, alive, given_up, holds, keep, want
from engine.records import Record

MARKET, LIMIT, STOP, BRACKET, STOP_LIMIT = (kind.value for kind in OrderKind)
OCO, TRIGGER = PlanKind.OCO.value, PlanKind.TRIGGER.value
ARMED, WORKING, ESCALATED = PlanPhase.ARMED.value, PlanPhase.WORKING.value, PlanPhase.ESCALATED.value
LAST = PriceSource.LAST.value
REACH = 0.05  # a stop at market that rests at an exchange without any is a limit order so far behind it
UNSEEN = 10  # seconds in which a stop at market trades, if it rests where it should
BY_STOP, BY_LADDER, BY_SWAP = DeedReason.TRIGGERED.value, DeedReason.ESCALATED.value, DeedReason.SWAP.value
BY_SIBLING = DeedReason.SIBLING.value


@njit
def fired(state: Record) -> bool:
    return state["fired_price"] > 0.0


@njit
def fire(state: Record, event: Record, price: float) -> None:
    """Writes down the event that hit the stop and the price it was hit at."""
    state["fired_position"], state["fired_time"], state["fired_price"] = event["position"], event["time"], price
    state["phase"], state["reason"] = WORKING, BY_STOP


@njit
def toward(plan: Record, side: int) -> int:
    """Where the price goes to hit the stop: +1 up, -1 down. Only a trigger may look the other way."""
    return plan["when"] if plan["kind"] == TRIGGER and plan["when"] != 0 else side


@njit
def watch(plan: Record, state: Record, event: Record, news: bool, held: int, side: int) -> None:
    """Sees whether stop or target is reached. ``side`` is that of the exits, ``held`` what they have to cover.

    In a bar the worst comes first. In the bar in which the position came to be the stop may be hit, never the target.
    """
    entered = held > 0 and state["armed_time"] == 0
    if entered:
        state["armed_time"], state["phase"] = event["time"], ARMED
    if not news:
        quiet = event["kind"] == TIME or event["kind"] == CHANGE  # a bar seen before says nothing more
        if quiet and held > 0 and state["last"] > 0.0 and plan["source"] == LAST:
            _judge(plan, state, event, state["last"], True, True, side)
        return
    for i in range(points(event)):
        price = worst_first(event, i, side)
        if held > 0:
            _judge(plan, state, event, price, i == 0, not (entered and event["kind"] == BAR), side)
        state["seen"] = price


@njit
def _judge(
    plan: Record, state: Record, event: Record, price: float, traded: bool, target_counts: bool, side: int
) -> None:
    """``traded``: the price itself was to be had; else the market passed the stop on the way to it."""
    if fired(state):
        return
    down = toward(plan, side)
    if state["winner"] != TARGET_LEG + 1 and reached(confirmed(plan, state, price, down), plan["stop"], down):
        fire(state, event, price if traded else plan["stop"])
    elif (
        target_counts
        and _may_swap(plan, state)
        and reached(confirmed(plan, state, price, -side), plan["target"], -side)
    ):
        state["swapped"], state["swap_time"], state["reason"] = True, state["time"], BY_SWAP


@njit
def _may_swap(plan: Record, state: Record) -> bool:
    """Not while swapped, nor right after a target that did not fill in time."""
    return not state["swapped"] and (state["swap_time"] == 0 or state["time"] - state["swap_time"] >= plan["swap"])


@njit
def note_fills(plan: Record, state: Record, event: Record, legs: np.ndarray) -> None:
    """A stop that trades has been hit, whatever prices were seen. An OCO's leg that trades first ends the other."""
    stop, target = legs[STOP_LEG], legs[TARGET_LEG]
    if stop["total"] > 0 and stop["kind"] != BRACKET and not fired(state):
        fire(state, event, plan["stop"])
    if plan["kind"] == OCO and state["winner"] == 0:
        if target["total"] > 0 or (not fired(state) and took_profit(plan, stop)):
            state["winner"], state["reason"] = TARGET_LEG + 1, BY_SIBLING
        elif stop["total"] > 0 and stop["kind"] != BRACKET:
            state["winner"] = STOP_LEG + 1


@njit
def took_profit(plan: Record, leg: Record) -> bool:
    """A resting bracket has traded at its target: the exchange has taken its stop away."""
    if leg["kind"] != BRACKET or leg["filled"] == 0:
        return False
    return abs(leg["price"] - plan["target"]) < abs(leg["price"] - plan["stop"])


@njit
def want_exits(plan: Record, state: Record, legs: np.ndarray, held: int, side: int, rules: Record) -> None:
    """Which exits should rest now for ``held`` lots."""
    if held <= 0:
        return
    stop = legs[STOP_LEG]
    if state["winner"] == TARGET_LEG + 1:
        if alive(stop) and stop["kind"] == BRACKET:
            keep(state, legs, STOP_LEG, held)  # its target rests already
        else:
            want(state, TARGET_LEG, LIMIT, held, plan["target"], 0.0)
        return
    if fired(state):
        resting = alive(stop) and stop["kind"] >= STOP and not took_profit(plan, stop)
        want_out(plan, state, legs, held, side, plan["stop"], plan["stop_limit"], resting, rules)
        return
    if state["swapped"] and state["time"] - state["swap_time"] >= plan["swap"]:
        state["swapped"], state["swap_time"], state["reason"] = False, state["time"], BY_SWAP
    kind = resting_kind(plan, state, legs, side)
    if kind >= 0 and (kind == BRACKET or not state["swapped"]):
        want(state, STOP_LEG, kind, held, plan["target"] if kind == BRACKET else plan["stop_limit"], plan["stop"])
    elif plan["target"] > 0.0:
        want(state, TARGET_LEG, LIMIT, held, plan["target"], 0.0)


@njit
def resting_kind(plan: Record, state: Record, legs: np.ndarray, side: int) -> int:
    """OrderKind that holds the stop at the exchange; -1 = it has none, or refused it too often."""
    if plan["stop"] == 0.0 or given_up(state, legs, STOP_LEG) or toward(plan, side) != side:
        return -1
    if plan["target"] > 0.0 and holds(plan, BRACKET):
        return BRACKET
    kind = STOP_LIMIT if plan["stop_limit"] > 0.0 else STOP
    return kind if holds(plan, kind) else -1


@njit
def want_out(
    plan: Record,
    state: Record,
    legs: np.ndarray,
    held: int,
    side: int,
    stop: float,
    limit: float,
    resting: bool,
    rules: Record,
) -> None:
    """The stop has fired: the order that rests at the exchange does it, or a limit order, or the market.

    Escalation: the first two are given up when they have not filled in time, when the price runs away from their
    limit, or when the exchange keeps refusing them.
    """
    by_limit = resting or limit > 0.0
    if by_limit and state["phase"] != ESCALATED and _runs_away(plan, state, legs, side, stop, limit):
        state["phase"], state["escalated_time"], state["reason"] = ESCALATED, state["time"], BY_LADDER
    if by_limit and state["phase"] != ESCALATED:
        if resting:
            keep(state, legs, STOP_LEG, held)
        else:
            want(state, STOP_LEG, LIMIT, held, limit, 0.0)
    elif state["phase"] == ESCALATED and plan["escalate_cap"] > 0.0:
        want(state, MARKET_LEG, LIMIT, held, worse_by(stop, plan["escalate_cap"], side, rules["tick"]), 0.0)
    else:
        want(state, MARKET_LEG, MARKET, held, 0.0, 0.0)


@njit
def _runs_away(plan: Record, state: Record, legs: np.ndarray, side: int, stop: float, limit: float) -> bool:
    """``limit`` 0: the stop is at market, and what rests for it must trade soon and within its reach."""
    if given_up(state, legs, STOP_LEG):
        return True
    waited = state["time"] - state["fired_time"]
    if plan["escalate_after"] > 0 and waited >= plan["escalate_after"]:
        return True
    leg = legs[STOP_LEG]
    if limit == 0.0 and (past(state, leg["stop"], REACH, side) or (leg["filled"] == 0 and waited >= UNSEEN)):
        return True
    beyond = plan["escalate_beyond"]
    return beyond > 0.0 and past(state, limit if limit > 0.0 else stop, beyond, side)


@njit
def past(state: Record, price: float, ratio: float, side: int) -> bool:
    """The last price is worse for ``side`` than one by more than the ratio."""
    return (state["last"] - price * (1.0 + side * ratio)) * side > 0.0


@njit
def worse_by(price: float, ratio: float, side: int, tick: float) -> float:
    """A price worse for ``side`` by the ratio: higher to a buyer, lower to a seller."""
    if side > 0:
        return snap_down(price * (1.0 + ratio), tick)
    return snap_up(price * (1.0 - ratio), tick)
