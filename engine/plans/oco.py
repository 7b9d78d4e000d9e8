"""OCO and trigger: exits of something that is there from the start.

TRIGGER reads stop, stop_limit (0 = market) and when; OCO stop, stop_limit and target. With fills of both legs of an
OCO, one before the other's cancel arrived, both are honoured: the rest shrinks by both.
"""

import numpy as np

from engine.jit import njit
from engine.kinds import DeedReason, PlanOutcome
from engine.plans.exits import note_fills, want_exits, watch
from engine.plans.wants import exits_filled, finish, idle, left_of, too_small
from engine.records import Record

FILLED, BY_FILL = PlanOutcome.FILLED.value, DeedReason.FILLED.value
CANCELLED, RESIZED = PlanOutcome.CANCELLED.value, DeedReason.RESIZED.value


@njit
def exit_plan(plan: Record, state: Record, event: Record, news: bool, legs: np.ndarray, rules: Record) -> None:
    sold = exits_filled(legs)
    held = left_of(state, plan["qty"] - sold, plan["side"])
    note_fills(plan, state, event, legs)
    watch(plan, state, event, news, held, plan["side"])
    if is_over(state, legs, held, rules):
        filled = sold > 0
        finish(state, FILLED if filled else CANCELLED, BY_FILL if filled else RESIZED)
        return
    want_exits(plan, state, legs, held, plan["side"], rules)


@njit
def is_over(state: Record, legs: np.ndarray, held: int, rules: Record) -> bool:
    """Nothing is left to trade, or less than the exchange takes."""
    return held <= 0 or (too_small(held, state["last"], rules) and state["last"] > 0.0 and idle(state, legs))
