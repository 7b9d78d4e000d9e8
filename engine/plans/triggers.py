"""At which prices a tick would matter to a plan: what a live stream has to watch; and what a plan protects."""

import math

import numpy as np

from engine.jit import njit
from engine.kinds import OrderKind, PlanKind, PlanPhase, PriceSource
from engine.plans.exits import REACH, fired, toward
from engine.plans.market import reached
from engine.plans.wants import ENTRY, MARKET_LEG, STOP_LEG, TARGET_LEG, exits_filled, left_of
from engine.records import Record

BRACKET, TRAILING, ICEBERG, TWAP = (
    kind.value for kind in (PlanKind.BRACKET, PlanKind.TRAILING, PlanKind.ICEBERG, PlanKind.TWAP)
)
ENDING, ESCALATED = PlanPhase.ENDING.value, PlanPhase.ESCALATED.value
DOUBLE_LAST = PriceSource.DOUBLE_LAST.value
LIMIT, STOP, WHOLE, STOP_LIMIT = (
    kind.value for kind in (OrderKind.LIMIT, OrderKind.STOP, OrderKind.BRACKET, OrderKind.STOP_LIMIT)
)


@njit
def next_triggers(plan: Record, state: Record) -> tuple[float, float]:
    """(below, above): a tick at or below the first or at or above the second should be given to ``advance``.

    NaN = no such price; below = infinity = every tick. Bars always go to ``advance``: they draw trailing stops up.
    """
    if state["phase"] >= ENDING or plan["kind"] == TWAP:
        return math.nan, math.nan
    if plan["kind"] == ICEBERG:
        return _of_iceberg(plan, state)
    side = -plan["side"] if plan["kind"] == BRACKET else plan["side"]
    if fired(state):
        return _of_escalation(plan, state, side)
    return _of_trailing(plan, state) if plan["kind"] == TRAILING else _of_exits(plan, state, side)


@njit
def crossed(watched: np.ndarray, price: float, found: np.ndarray) -> int:
    """Which of many plans a tick matters to: their numbers in ``found`` (int64, as long as ``watched``); how many.

    ``watched`` has a row (below, above) of ``next_triggers`` for each plan.
    """
    count = 0
    for i in range(watched.shape[0]):
        if price <= watched[i, 0] or price >= watched[i, 1]:
            found[count] = i
            count += 1
    return count


@njit
def protected(plan: Record, state: Record, legs: np.ndarray) -> int:
    """Lots of a position that the plan's stop covers, resting at the exchange or watched here."""
    side = -plan["side"] if plan["kind"] == BRACKET else plan["side"]
    armed = state["stop"] > 0.0 if plan["kind"] == TRAILING else plan["stop"] > 0.0 and toward(plan, side) == side
    if state["phase"] >= ENDING or state["winner"] == TARGET_LEG + 1 or not armed or _left_behind(state, side):
        return 0
    whole = legs[ENTRY]["total"] if plan["kind"] == BRACKET else plan["qty"]
    return max(left_of(state, whole - exits_filled(legs), side), 0)


@njit
def _left_behind(state: Record, side: int) -> bool:
    """The stop has fired, and the price is beyond the limit of the order that was to do it: it may never trade."""
    if not fired(state):
        return False
    for k in (STOP_LEG, MARKET_LEG):
        limited = state["want_kind"][k] == LIMIT or state["want_kind"][k] == STOP_LIMIT
        if limited and state["want_qty"][k] > 0 and (state["last"] - state["want_limit"][k]) * side > 0.0:
            return True
    return False


@njit
def _of_trailing(plan: Record, state: Record) -> tuple[float, float]:
    if state["armed_time"] > 0:
        return _watched(plan, state, state["stop"], plan["side"], 0.0)
    if plan["activation"] > 0.0:
        return _watched(plan, state, plan["activation"], -plan["side"], 0.0)
    return math.inf, math.nan  # the next price arms it


@njit
def _of_exits(plan: Record, state: Record, side: int) -> tuple[float, float]:
    if plan["kind"] == BRACKET and state["armed_time"] == 0:
        return math.nan, math.nan  # nothing to protect yet
    stop = plan["stop"] if state["winner"] != TARGET_LEG + 1 else 0.0
    return _watched(plan, state, stop, toward(plan, side), plan["target"])


@njit
def _watched(plan: Record, state: Record, level: float, direction: int, other: float) -> tuple[float, float]:
    """A level reached in a direction and one in the other; every tick while one price has to be confirmed."""
    if plan["source"] == DOUBLE_LAST and (
        reached(state["seen"], level, direction) or reached(state["seen"], other, -direction)
    ):
        return math.inf, math.nan
    rising, falling = (level, other) if direction > 0 else (other, level)
    return falling if falling > 0.0 else math.nan, rising if rising > 0.0 else math.nan


@njit
def _of_escalation(plan: Record, state: Record, side: int) -> tuple[float, float]:
    """Where the order that rests for the stop is given up: beyond its limit, or beyond the reach of one at market."""
    kind, limit, beyond = state["want_kind"][STOP_LEG], state["want_limit"][STOP_LEG], plan["escalate_beyond"]
    if kind == STOP or (kind == WHOLE and plan["stop_limit"] == 0.0):
        limit, beyond = state["want_stop"][STOP_LEG], min(beyond, REACH) if beyond > 0.0 else REACH
    elif kind == WHOLE:
        limit = plan["stop_limit"]
    if state["phase"] == ESCALATED or state["want_qty"][STOP_LEG] == 0 or beyond == 0.0 or limit == 0.0:
        return math.nan, math.nan
    level = limit * (1.0 + side * beyond)
    return (math.nan, level) if side > 0 else (level, math.nan)


@njit
def _of_iceberg(plan: Record, state: Record) -> tuple[float, float]:
    """Where it pauses or goes on, and where its slice is left behind."""
    side, limit, shown = plan["side"], plan["limit"], state["want_limit"][ENTRY]
    bad, good = math.nan, math.nan
    if limit > 0.0 and state["paused"]:
        good = limit
    elif limit > 0.0:
        bad = limit
    if not state["paused"] and plan["drift"] > 0.0 and shown > 0.0:
        left = shown * (1.0 + side * plan["drift"]) / (1.0 - side * plan["offset"])
        bad = left if math.isnan(bad) else (min(bad, left) if side > 0 else max(bad, left))
    return (good, bad) if side > 0 else (bad, good)
