"""From the orders that should be there to deeds. The one place that asks for orders, and so the one that never asks
for too many."""

import numpy as np

from engine.jit import njit
from engine.kinds import Deed, DeedReason, LegState, OrderKind, PlanKind, PlanOutcome, PlanPhase, TimeInForce
from engine.plans.wants import (
    ENDING,
    ENTRY,
    MAX_TRIES,
    OPEN,
    PENDING,
    alive,
    busy,
    exits_filled,
    finish,
    idle,
    left_of,
    too_small,
)
from engine.records import LEGS, Record

PLACE, CANCEL, AMEND, END = (deed.value for deed in Deed)
FILLED, ENDED, REFUSED_ROW = LegState.FILLED.value, LegState.ENDED.value, LegState.REFUSED.value
BRACKET, DONE = PlanKind.BRACKET.value, PlanPhase.DONE.value
ALL_FILLED, FAILED, REFUSED = PlanOutcome.FILLED.value, PlanOutcome.FAILED.value, DeedReason.REFUSED.value
GTC, GTD, IOC = TimeInForce.GTC.value, TimeInForce.GTD.value, TimeInForce.IOC.value
LIMIT, MARKET = OrderKind.LIMIT.value, OrderKind.MARKET.value
AGAIN = 5  # seconds after which a cancel or an amendment that did nothing is asked for again
BACK_OFF = 1  # seconds before the first new try of a refused order; doubles


@njit
def settle(plan: Record, state: Record, legs: np.ndarray, rules: Record, deeds: np.ndarray) -> int:
    """Writes the deeds that lead from the orders there are to those wanted; returns how many."""
    count = 0
    for k in range(LEGS):
        if busy(state, legs, k):
            count += _correct(plan, state, legs, k, rules["tick"], deeds[count])
        elif state["want_qty"][k] > 0:
            count += _place(plan, state, legs, k, rules, deeds[count])
    if count == 0 and state["phase"] != ENDING and _all_given_up(state, legs):
        finish(state, FAILED, REFUSED)
    if state["phase"] == ENDING and idle(state, legs):
        if plan["kind"] != BRACKET and legs[ENTRY]["total"] + exits_filled(legs) >= plan["qty"]:
            state["outcome"] = ALL_FILLED  # it filled while it was being cancelled
        state["phase"] = DONE
        _write(deeds[count], END, 0, 0, state["reason"])
        count += 1
    return count


@njit
def _all_given_up(state: Record, legs: np.ndarray) -> bool:
    """Something is wanted, and the exchange keeps refusing all of it."""
    refused = False
    for k in range(LEGS):
        if busy(state, legs, k) or (state["want_qty"][k] > 0 and state["tries"][k] < MAX_TRIES):
            return False
        refused = refused or state["want_qty"][k] > 0
    return refused


@njit
def _room(plan: Record, state: Record, legs: np.ndarray, k: int) -> int:
    """Lots that leg ``k`` may have open when all others fill completely."""
    of_entry = plan["kind"] == BRACKET and k == ENTRY
    room = plan["qty"] if plan["kind"] != BRACKET or of_entry else legs[ENTRY]["total"]
    first, end = (0, 1) if of_entry else (1 if plan["kind"] == BRACKET else 0, LEGS)
    pending = 0
    for j in range(first, end):
        room -= legs[j]["total"]
        if j != k:
            pending += _exposure(state, legs, j)
    if not of_entry:
        room = left_of(state, room, -plan["side"] if plan["kind"] == BRACKET else plan["side"])
    return room - pending


@njit
def _exposure(state: Record, legs: np.ndarray, k: int) -> int:
    """Lots that may still fill on leg ``k``, also if what was asked last has reached the exchange and not its row."""
    leg = legs[k]
    if state["placed"][k] > leg["attempt"]:
        return leg["open"] + state["amended_qty"][k]
    if alive(leg):
        return max(leg["open"], state["amended_qty"][k] - leg["filled"])
    return leg["open"]


@njit
def _correct(plan: Record, state: Record, legs: np.ndarray, k: int, tick: float, deed: Record) -> int:
    """Cancels or amends the order there is, if it is not the one wanted."""
    leg = legs[k]
    if state["placed"][k] > leg["attempt"] or not (leg["state"] == OPEN or leg["state"] == PENDING):
        return 0  # nobody knows yet, or its end is under way
    wanted = min(state["want_qty"][k], _room(plan, state, legs, k))
    if wanted <= 0 or state["want_kind"][k] != leg["kind"]:
        return _cancel(state, leg, k, deed)
    qty, limit, stop = leg["filled"] + wanted, state["want_limit"][k], state["want_stop"][k]
    as_wanted = qty == leg["qty"] and _same(limit, leg["limit"], tick) and _same(stop, leg["stop"], tick)
    if as_wanted or leg["state"] == PENDING:
        return 0
    if leg["kind"] == MARKET:
        return 0  # it trades at once, there is nothing to amend
    asked = state["amended_qty"][k] == qty and state["amended_limit"][k] == limit and state["amended_stop"][k] == stop
    if asked and state["time"] - state["asked_time"][k] < AGAIN:
        return 0
    _remember(state, k, qty, limit, stop)
    _write(deed, AMEND, k, leg["attempt"], state["reason"])
    _terms(deed, plan, leg["side"], leg["kind"], k, qty, limit, stop)
    return 1


@njit
def _same(price: float, other: float, tick: float) -> bool:
    """The same tick: the row's price came back from decimals."""
    return abs(price - other) < tick / 2


@njit
def _cancel(state: Record, leg: Record, k: int, deed: Record) -> int:
    if state["cancelled"][k] == leg["attempt"] and state["time"] - state["asked_time"][k] < AGAIN:
        return 0
    state["cancelled"][k] = leg["attempt"]
    state["asked_time"][k] = state["time"]
    _write(deed, CANCEL, k, leg["attempt"], state["reason"])
    return 1


@njit
def _place(plan: Record, state: Record, legs: np.ndarray, k: int, rules: Record, deed: Record) -> int:
    """A new order, unless it would be too much, too small, or too soon after a refusal."""
    leg = legs[k]
    qty = min(state["want_qty"][k], _room(plan, state, legs, k))
    limit, stop = state["want_limit"][k], state["want_stop"][k]
    price = limit if limit > 0.0 else stop if stop > 0.0 else state["last"]
    if too_small(qty, price, rules):
        return 0
    if _unasked(state, leg, k) and (k != ENTRY or plan["tif"] < IOC):
        pause = BACK_OFF << min(state["tries"][k], MAX_TRIES)
        if state["tries"][k] >= MAX_TRIES or state["time"] - state["asked_time"][k] < pause:
            return 0
        state["tries"][k] += 1
    elif leg["state"] == FILLED:
        state["tries"][k] = 0
    state["placed"][k] = leg["attempt"] + 1
    _remember(state, k, qty, limit, stop)
    _write(deed, PLACE, k, leg["attempt"] + 1, state["reason"])
    side = -plan["side"] if plan["kind"] == BRACKET and k != ENTRY else plan["side"]
    _terms(deed, plan, side, state["want_kind"][k], k, qty, limit, stop)
    return 1


@njit
def _unasked(state: Record, leg: Record, k: int) -> bool:
    """The last order ended, and not because we wanted it: refused, or cancelled by others."""
    if leg["state"] == REFUSED_ROW:
        return True
    if leg["state"] != ENDED or state["cancelled"][k] == leg["attempt"]:
        return False
    # An amendment that the exchange cannot do is a cancel: the row still has the old terms.
    as_asked = state["amended_limit"][k] == leg["limit"] and state["amended_stop"][k] == leg["stop"]
    return as_asked and state["amended_qty"][k] == leg["qty"]


@njit
def _remember(state: Record, k: int, qty: int, limit: float, stop: float) -> None:
    state["amended_qty"][k], state["amended_limit"][k], state["amended_stop"][k] = qty, limit, stop
    state["asked_time"][k] = state["time"]


@njit
def _write(deed: Record, what: int, k: int, attempt: int, reason: int) -> None:
    deed["what"], deed["leg"], deed["attempt"], deed["reason"] = what, k, attempt, reason
    deed["side"], deed["kind"], deed["qty"], deed["limit"], deed["stop"] = 0, 0, 0, 0.0, 0.0
    deed["tif"], deed["post_only"], deed["expires"] = GTC, False, 0


@njit
def _terms(deed: Record, plan: Record, side: int, kind: int, k: int, qty: int, limit: float, stop: float) -> None:
    """What is asked for. Time in force and post-only are the entry's or the slices'."""
    deed["side"], deed["kind"], deed["qty"], deed["limit"], deed["stop"] = side, kind, qty, limit, stop
    if k == ENTRY and kind == LIMIT:
        deed["tif"], deed["post_only"] = plan["tif"], plan["post_only"]
        if plan["tif"] == GTD:
            deed["expires"] = plan["expires"]
