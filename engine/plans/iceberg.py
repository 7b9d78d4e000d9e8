"""Iceberg: a large order of which the market sees a part at a time.

Reads qty, display, variance and seed, offset, limit (0 = any price), drift, post_only and expires.
"""

import math

import numpy as np

from engine.jit import njit
from engine.kinds import DeedReason, OrderKind, PlanOutcome, PlanPhase
from engine.plans.slices import beyond, slice_price, with_rest
from engine.plans.wants import ENTRY, alive, busy, finish, keep, left_of, too_small, want
from engine.records import Record

LIMIT, WORKING = OrderKind.LIMIT.value, PlanPhase.WORKING.value
FILLED, CANCELLED = PlanOutcome.FILLED.value, PlanOutcome.CANCELLED.value
BY_FILL, SLICE, REFRESH = DeedReason.FILLED.value, DeedReason.SLICE.value, DeedReason.REFRESH.value
PAUSED = DeedReason.PAUSED.value
MASK = 0xFFFFFFFF


@njit
def iceberg(plan: Record, state: Record, legs: np.ndarray, rules: Record) -> None:
    """Shows a part at a time, at the last price less offset (buying) or plus it (selling), never past the limit.

    A slice is replaced when it is filled, or when the price it would have now is better for the market by more than
    ``drift`` (0 = it stays). Beyond the limit nothing shows; it goes on when the price is back.
    """
    side, leg, last = plan["side"], legs[ENTRY], state["last"]
    left = left_of(state, plan["qty"] - leg["total"], plan["side"])
    if left <= 0 or (too_small(left, last, rules) and last > 0.0 and not busy(state, legs, ENTRY)):
        finish(state, FILLED if leg["total"] > 0 else CANCELLED, BY_FILL)
        return
    if last == 0.0:
        return
    state["phase"] = WORKING
    state["paused"] = beyond(plan, last)
    if state["paused"]:
        state["reason"] = PAUSED
        return
    price = slice_price(plan, last, -side, rules)
    if busy(state, legs, ENTRY):
        if not alive(leg):
            return  # asked for, not in its row yet
        gone = plan["drift"] > 0.0 and (price - leg["limit"] * (1.0 + side * plan["drift"])) * side > 0.0
        if gone and not too_small(left, price, rules):
            state["reason"] = REFRESH
        else:
            keep(state, legs, ENTRY, left)
        return
    state["slices"], state["reason"] = leg["attempt"] + 1, SLICE
    want(state, ENTRY, LIMIT, iceberg_slice(plan, leg["attempt"] + 1, left, price, rules), price, 0.0)


@njit
def iceberg_slice(plan: Record, number: int, left: int, price: float, rules: Record) -> int:
    """Lots of slice ``number`` (from 1) when ``left`` lots are left: display x (1 +/- variance x u)."""
    factor = 1.0 + plan["variance"] * uniform(plan["seed"], number)
    size = math.floor(plan["display"] * factor + 0.5)
    if size < left and too_small(size, price, rules):
        size = max(size, math.ceil(rules["min_notional"] / (price * rules["lot"])))
    return with_rest(size, left, price, rules)


@njit
def uniform(seed: int, number: int) -> float:
    """A number in [-1, 1) of the seed and the slice's number alone (xorshift, 32 bits)."""
    bits = (seed * 2654435761 + number * 2246822519 + 1) & MASK
    if bits == 0:
        bits = 1
    for _ in range(4):
        bits ^= (bits << 13) & MASK
        bits ^= bits >> 17
        bits ^= (bits << 5) & MASK
    return bits / 2147483648.0 - 1.0
