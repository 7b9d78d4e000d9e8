"""The one way in: an event and the legs as they are, to deeds."""

import numpy as np

from engine.jit import njit
from engine.kinds import DeedReason, PlanKind, PlanOutcome, PlanPhase
from engine.plans.bracket import bracket
from engine.plans.iceberg import iceberg
from engine.plans.market import take_in
from engine.plans.oco import exit_plan
from engine.plans.settle import settle
from engine.plans.trailing import trailing
from engine.plans.twap import twap
from engine.plans.wants import finish, want_nothing
from engine.records import Record

OCO, TRIGGER, BRACKET, TRAILING, ICEBERG, TWAP = (
    kind.value
    for kind in (
        PlanKind.OCO, PlanKind.TRIGGER, PlanKind.BRACKET, PlanKind.TRAILING, PlanKind.ICEBERG, PlanKind.TWAP,
    )
)  # fmt: skip
ENDING, DONE = PlanPhase.ENDING.value, PlanPhase.DONE.value
CANCELLED, EXPIRED = PlanOutcome.CANCELLED.value, PlanOutcome.EXPIRED.value
STOPPED, TIMEOUT = DeedReason.STOPPED.value, DeedReason.TIMEOUT.value


@njit
def advance(plan: Record, state: Record, event: Record, legs: np.ndarray, rules: Record, deeds: np.ndarray) -> int:
    """Takes ``event`` in and writes what to do now to ``deeds``; returns how many deeds. Changes ``state`` alone.

    ``legs`` (LEGS rows) and ``deeds`` (DEEDS rows) are arrays, the rest records. Called again with the same event and
    legs it asks for nothing more. A plan that is over asks for nothing at all.
    """
    if state["phase"] == DONE:
        return 0
    news = take_in(state, event)
    want_nothing(state)
    if state["phase"] != ENDING:
        if state["stopping"]:
            finish(state, CANCELLED, STOPPED)
        elif plan["kind"] != BRACKET and 0 < plan["expires"] <= state["time"]:
            finish(state, EXPIRED, TIMEOUT)
        else:
            _dispatch(plan, state, event, news, legs, rules)
    return settle(plan, state, legs, rules, deeds)


@njit
def advance_each(
    plans: np.ndarray,
    states: np.ndarray,
    event: np.ndarray,
    legs: np.ndarray,
    rules: np.ndarray,
    deeds: np.ndarray,
    counts: np.ndarray,
) -> int:
    """``advance`` for many plans of one product: a row each of ``plans``, ``states``, ``legs`` (LEGS columns),
    ``deeds`` (DEEDS columns) and ``counts`` (int64); ``event`` and ``rules`` have one element. The number of all deeds.

    From Python it is quicker for a single plan too: handing over an array takes far less than a record.
    """
    total = 0
    for i in range(plans.size):
        counts[i] = advance(plans[i], states[i], event[0], legs[i], rules[0], deeds[i])
        total += counts[i]
    return total


@njit
def _dispatch(plan: Record, state: Record, event: Record, news: bool, legs: np.ndarray, rules: Record) -> None:
    kind = plan["kind"]
    if kind in (OCO, TRIGGER):
        exit_plan(plan, state, event, news, legs, rules)
    elif kind == BRACKET:
        bracket(plan, state, event, news, legs, rules)
    elif kind == TRAILING:
        trailing(plan, state, event, news, legs, rules)
    elif kind == ICEBERG:
        iceberg(plan, state, legs, rules)
    else:
        twap(plan, state, legs, rules)
