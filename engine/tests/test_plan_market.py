"""What is news to a plan: live ticks, the bars they belong to, and what came before."""

import numpy as np
import pytest

from engine.kinds import EventKind, PlanKind
from engine.plans.advance import advance
from engine.plans.market import on_path, take_in, worst_first
from engine.plans.memory import new_state
from engine.records import DEED, DEEDS, EVENT, LEG, LEGS
from engine.tests.plans import plan
from engine.tests.records import bar, record, rules


def tick(price, position=11, time=650):
    return record(
        EVENT, kind=EventKind.TICK, position=position, time=time, open=price, high=price, low=price, close=price
    )


def news(*events):
    state = new_state()
    return [bool(take_in(state, event)) for event in events]


def test_a_bar_whose_tick_was_acted_upon_is_no_news():
    assert news(tick(95.0), bar(low=90, high=110, position=11)) == [True, False]


def test_a_tick_like_the_one_before_it_is_the_same_one():
    assert news(tick(95.0), tick(95.0), tick(94.99), tick(94.99, time=651)) == [True, False, True, True]


def test_a_tick_of_a_bar_that_is_over_is_no_news():
    assert news(bar(low=90, high=110, position=13), tick(50.0)) == [True, False]


def test_a_silent_bar_moves_the_clock_alone():
    state = new_state()
    silent = bar(low=100, high=100, position=13)
    silent["kind"], silent["time"] = EventKind.TIME, 720
    assert not take_in(state, silent)
    assert (state["time"], state["last"], state["position"]) == (720, 100.0, 0)


def test_the_worst_of_a_bar_is_low_to_a_seller_and_high_to_a_buyer():
    event = bar(open=100.0, low=90.0, high=105.0)
    assert [worst_first(event, i, -1) for i in range(4)] == [100.0, 90.0, 105.0, 97.5]
    assert [worst_first(event, i, 1) for i in range(4)] == [100.0, 105.0, 90.0, 97.5]


def test_a_bar_goes_to_its_nearer_extreme_first_and_equally_near_to_the_better():
    assert [on_path(bar(open=100.0, low=90.0, high=105.0), i, -1) for i in (1, 2)] == [105.0, 90.0]
    assert [on_path(bar(open=100.0, low=98.0, high=105.0), i, -1) for i in (1, 2)] == [98.0, 105.0]
    assert [on_path(bar(open=100.0, low=95.0, high=105.0), i, -1) for i in (1, 2)] == [105.0, 95.0]
    assert [on_path(bar(open=100.0, low=95.0, high=105.0), i, 1) for i in (1, 2)] == [95.0, 105.0]


@pytest.mark.parametrize(("side", "price"), [(-1, 98.0), (1, 102.0)])
def test_the_tick_that_fired_a_trailing_stop_is_remembered(side, price):
    asked, state = plan(PlanKind.TRAILING, side=side, callback=0.02), new_state()
    deeds = np.zeros(DEEDS, DEED)
    counts = [
        advance(asked, state, event, np.zeros(LEGS, LEG), rules(), deeds)
        for event in (tick(100.0, position=9), tick(price, position=11, time=655))
    ]
    assert counts == [0, 1]
    assert (state["fired_price"], state["fired_time"], state["fired_position"]) == (price, 655, 11)
    assert (state["armed_time"], state["extreme"]) == (650, 100.0)
