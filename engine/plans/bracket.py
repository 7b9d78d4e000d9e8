"""Bracket: an entry, and exits sized to what it has filled.

Reads side, qty, limit (0 = market), tif, post_only and expires for the entry, the exits as OCO does. The exits grow
with the entry and shrink with their own fills and with what is sold elsewhere. The rest of the entry is given up as
soon as an exit has fired or traded. An entry that ends without a fill ends the plan.
"""

import numpy as np

from engine.jit import njit
from engine.kinds import DeedReason, LegState, OrderKind, PlanOutcome, PlanPhase
from engine.plans.exits import fired, note_fills, want_exits, watch
from engine.plans.oco import is_over
from engine.plans.wants import ENTRY, busy, exits_filled, finish, left_of, want
from engine.records import Record

MARKET, LIMIT = OrderKind.MARKET.value, OrderKind.LIMIT.value
FILLED, CANCELLED, EXPIRED, FAILED = (
    outcome.value for outcome in (PlanOutcome.FILLED, PlanOutcome.CANCELLED, PlanOutcome.EXPIRED, PlanOutcome.FAILED)
)
BY_FILL, REFUSED, TIMEOUT = DeedReason.FILLED.value, DeedReason.REFUSED.value, DeedReason.TIMEOUT.value
STOPPED, START, RESIZED = DeedReason.STOPPED.value, DeedReason.START.value, DeedReason.RESIZED.value
TURNED_AWAY, WAITING = LegState.REFUSED.value, PlanPhase.WAITING.value


@njit
def bracket(plan: Record, state: Record, event: Record, news: bool, legs: np.ndarray, rules: Record) -> None:
    bought, sold = legs[ENTRY]["total"], exits_filled(legs)
    held = left_of(state, bought - sold, -plan["side"])
    note_fills(plan, state, event, legs)
    watch(plan, state, event, news, held, -plan["side"])
    late = plan["expires"] > 0 and state["time"] >= plan["expires"]
    entry_over = legs[ENTRY]["attempt"] > 0 and not busy(state, legs, ENTRY)
    if entry_over or (late and legs[ENTRY]["attempt"] == 0 and state["placed"][ENTRY] == 0):
        if bought == 0:
            _never_entered(state, legs, late)
            return
        if is_over(state, legs, held, rules):
            finish(state, FILLED, BY_FILL)
            return
    elif not (late or fired(state) or sold > 0):
        state["reason"] = START if state["phase"] == WAITING else RESIZED
        limit = plan["limit"]
        want(state, ENTRY, LIMIT if limit > 0.0 else MARKET, plan["qty"] - bought, limit, 0.0)
    elif late and not fired(state):
        state["reason"] = TIMEOUT
    want_exits(plan, state, legs, held, -plan["side"], rules)


@njit
def _never_entered(state: Record, legs: np.ndarray, late: bool) -> None:
    if late:
        finish(state, EXPIRED, TIMEOUT)
    elif legs[ENTRY]["state"] == TURNED_AWAY:
        finish(state, FAILED, REFUSED)
    else:
        finish(state, CANCELLED, STOPPED)
