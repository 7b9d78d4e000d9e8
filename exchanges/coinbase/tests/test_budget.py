"""Rates and pauses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.coinbase.budget import LocalBudget
from exchanges.coinbase.retry import Backoff
from exchanges.port import Unavailable


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@given(
    rate=st.floats(0.5, 20), burst=st.integers(1, 10), gaps=st.lists(st.floats(0, 1), min_size=1, max_size=60)
)  # fmt: skip
def test_no_second_sees_more_than_the_burst_and_its_rate(rate, burst, gaps):
    clock = Clock()
    budget = LocalBudget(rate, burst, clock=clock, sleep=clock.sleep)
    taken = []
    for gap in gaps:
        clock.now += gap
        budget.wait(1000)
        taken.append(clock.now)
    for index, start in enumerate(taken):
        within = sum(1 for time in taken[index:] if time < start + 1)
        assert within <= burst + rate + 1


def test_it_refuses_a_wait_longer_than_the_patience():
    clock = Clock()
    budget = LocalBudget(1, 1, clock=clock, sleep=clock.sleep)
    budget.wait(0)
    with pytest.raises(Unavailable, match=r"may be made in 1\.0 s, not 0\.5"):
        budget.wait(0.5)
    budget.wait(1)  # the refused one took nothing
    assert clock.now == 1


def test_a_budget_must_allow_something():
    with pytest.raises(ValueError, match="rate must be above 0 and burst at least 1, were 0 and 1"):
        LocalBudget(0, 1)


def test_pauses_double_up_to_the_longest_and_begin_again():
    backoff = Backoff(first=1, longest=5, chance=lambda: 0.0)
    assert [backoff.pause() for _ in range(5)] == [1, 2, 4, 5, 5]
    backoff.reset()
    assert backoff.pause() == 1


@given(st.floats(0, 1))
def test_chance_cuts_at_most_half(chance):
    assert 0.5 <= Backoff(first=1, chance=lambda: chance).pause() <= 1
