"""The life of an order, pair by pair."""

import itertools

import pytest

from engine.orders.states import TERMINAL, TRANSITIONS, WORKING, IllegalMove, OrderState, move

# ARCHITECTURE, 'Order states', and decision 24, written out once more as a reader would.
LEGAL = {
    "pending": "denied cancelled submitting",
    "submitting": "pending open filled cancelled expired rejected unknown",
    "open": "cancelling filled cancelled expired rejected",
    "cancelling": "open filled cancelled expired rejected",
    "unknown": "not_found open filled cancelled expired rejected",
    "not_found": "open filled cancelled expired rejected",
    "cancelled": "filled",
    "expired": "filled",
    "denied": "",
    "filled": "",
    "rejected": "",
}


@pytest.mark.parametrize(("old", "new"), list(itertools.product(OrderState, OrderState)))
def test_it_makes_exactly_the_moves_of_the_table(old, new):
    if new.value in LEGAL[old.value].split():
        assert move(old, new) is new
    else:
        with pytest.raises(IllegalMove, match=f"from {old.value} to {new.value}"):
            move(old, new)


def test_it_counts_every_state_as_working_or_over_or_lost():
    assert set(TRANSITIONS) == set(OrderState)
    assert WORKING | TERMINAL | {OrderState.NOT_FOUND} == set(OrderState)
    assert not WORKING & TERMINAL


def test_a_finished_order_is_only_ever_overtaken_by_a_late_fill():
    assert {new for state in TERMINAL for new in TRANSITIONS[state]} == {OrderState.FILLED}
