"""TWAP: equal slices over a time, whatever the price does.

Reads qty, slices, start and duration, offset, limit (0 = any price) and tif (IOC).
"""

import numpy as np

from engine.jit import njit
from engine.kinds import DeedReason, OrderKind, PlanOutcome, PlanPhase
from engine.plans.slices import beyond, slice_price, with_rest
from engine.plans.wants import ENTRY, busy, finish, keep, left_of, want
from engine.records import Record

LIMIT, WORKING = OrderKind.LIMIT.value, PlanPhase.WORKING.value
FILLED, CANCELLED, EXPIRED = PlanOutcome.FILLED.value, PlanOutcome.CANCELLED.value, PlanOutcome.EXPIRED.value
BY_FILL, SLICE, TIMEOUT = DeedReason.FILLED.value, DeedReason.SLICE.value, DeedReason.TIMEOUT.value


@njit
def twap(plan: Record, state: Record, legs: np.ndarray, rules: Record) -> None:
    """Slice i of n at start + i x duration / n: a limit that takes, ``offset`` through the last price, cancelled at
    once for what it does not fill.

    A slice takes an equal part of what is left: left / slices left, rounded down, the last one all of it. So what a
    slice missed (beyond the limit, no volume, an outage) is spread over those to come; what is left after the duration
    stays untraded.
    """
    leg, now = legs[ENTRY], state["time"]
    left = left_of(state, plan["qty"] - leg["total"], plan["side"])
    waiting = busy(state, legs, ENTRY)
    if left <= 0:
        finish(state, FILLED if leg["total"] > 0 else CANCELLED, BY_FILL)
        return
    if now >= plan["start"] + plan["duration"]:
        finish(state, EXPIRED, TIMEOUT)
        return
    due = 0
    if now >= plan["start"]:
        due = (now - plan["start"]) * plan["slices"] // plan["duration"] + 1
    if waiting and due <= state["slices"]:
        keep(state, legs, ENTRY, left)
    if not waiting and due > state["slices"] and state["last"] > 0.0:
        _begin(plan, state, due, left, rules)
    state["next_time"] = plan["start"] + -(-state["slices"] * plan["duration"] // plan["slices"])


@njit
def _begin(plan: Record, state: Record, due: int, left: int, rules: Record) -> None:
    """Slice ``due``, and none of those before it that were missed."""
    state["slices"], state["phase"], state["reason"] = due, WORKING, SLICE
    state["paused"] = beyond(plan, state["last"])
    if not state["paused"]:
        price = slice_price(plan, state["last"], plan["side"], rules)
        size = with_rest(left // (plan["slices"] - due + 1), left, price, rules)
        want(state, ENTRY, LIMIT, size, price, 0.0)
