"""Icebergs and TWAPs by hand. They sell 100 lots."""

import pytest

from engine.kinds import PlanKind, PlanOutcome, TimeInForce
from engine.plans.iceberg import iceberg_slice, uniform
from engine.plans.simulate import Simulation, events_of
from engine.tests.plans import candles, plan, run, told
from engine.tests.records import rules


def iceberg(**fields):
    return plan(PlanKind.ICEBERG, **({"display": 30} | fields))


def twap(**fields):
    return plan(PlanKind.TWAP, **({"slices": 4, "duration": 240, "tif": TimeInForce.IOC} | fields))


def sizes(asked):
    """All slices, each filled before the next."""
    left, found = int(asked["qty"]), []
    while left:
        found.append(iceberg_slice(asked, len(found) + 1, left, 100.0, rules()))
        left -= found[-1]
    return found


# Iceberg


def test_it_shows_one_slice_after_another_and_the_last_takes_the_rest():
    done = run(iceberg(offset=0.01), *[(100.0, 102.0, 100.0, 100.0)] * 6)
    assert told(done) == [(0, "LIMIT", 30, 101.0)] * 3 + [(0, "LIMIT", 10, 101.0)]
    assert done.outcome == PlanOutcome.FILLED


def test_a_remainder_under_the_minimum_joins_the_slice_before():
    """The least notional is 1: at a price of 100 a rest of one lot (0.01) would be 1, at 99 less."""
    asked = iceberg(qty=91)
    assert sizes(asked) == [30, 30, 30, 1]
    assert iceberg_slice(asked, 3, 31, 99.0, rules()) == 31


def test_slices_vary_by_the_seed_alone():
    asked = iceberg(qty=1000, variance=0.2, seed=7)
    assert sizes(asked) == sizes(iceberg(qty=1000, variance=0.2, seed=7)) != sizes(iceberg(qty=1000, variance=0.2))
    assert all(24 <= size <= 36 for size in sizes(asked)[:-1])
    assert len(set(sizes(asked))) > 5


def test_its_randomness_is_even():
    drawn = [uniform(7, number) for number in range(2000)]
    assert all(-1 <= each < 1 for each in drawn)
    assert abs(sum(drawn) / 2000) < 0.05
    assert sum(each > 0.5 for each in drawn) == pytest.approx(500, rel=0.1)


def test_beyond_its_limit_it_shows_nothing_and_goes_on_when_the_price_is_back():
    done = run(iceberg(limit=95.0, display=50), (100.0,), (94.0,), (94.0,))
    assert done.state["paused"]
    assert [order.state.name for order in done.orders] == ["ENDED"]
    done = run(iceberg(limit=95.0, display=100), (100.0,), (94.0,), (100.0,), (101.0,))
    assert told(done) == [(0, "LIMIT", 0, None), (0, "LIMIT", 100, 100.0)]


def test_a_slice_that_the_market_has_left_is_shown_again_nearer():
    done = run(iceberg(drift=0.01, display=100), (100.0,), (99.01,), (98.99,))
    assert [order.limit for order in done.orders] == [100.0, 98.99]


def test_it_ends_with_its_time():
    done = run(iceberg(expires=720), (100.0,), (100.0,), (100.0,))
    assert (done.outcome, done.ended, done.orders[0].state.name) == (PlanOutcome.EXPIRED, 720, "ENDED")


# TWAP


def test_its_slices_are_equal_and_trade_at_their_times():
    done = run(twap(offset=0.01), *[(100.0,)] * 6)
    assert [(order.placed, order.qty) for order in done.orders] == [(600, 25), (660, 25), (720, 25), (780, 25)]
    assert done.state["next_time"] >= 780


def test_what_does_not_divide_goes_to_the_last():
    done = run(twap(qty=10, offset=0.01), *[(100.0,)] * 6)
    assert [order.filled for order in done.orders] == [2, 2, 3, 3]
    assert done.outcome == PlanOutcome.FILLED


def test_a_slice_that_nobody_took_is_cancelled_for_the_next_and_the_last_takes_the_rest():
    done = run(twap(offset=0.01), (100.0,), None, None, (100.0,), (100.0,), (100.0,))
    assert [(order.placed, order.filled) for order in done.orders] == [(600, 25), (660, 0), (720, 0), (780, 75)]


def test_an_outage_spreads_the_slices_in_it_over_those_to_come():
    """Of the five at 600, 660, 720, 780 and 840 the third is missed: 60 lots are left for two."""
    done = Simulation(twap(slices=5, duration=300, start=600, offset=0.01), rules())
    for event in [*events_of(candles((100.0,)), 60), *events_of(candles(None, None, None, (100.0,), (100.0,)), 60)]:
        done.see(event)
    assert [(order.placed, order.qty) for order in done.orders] == [(600, 20), (660, 20), (780, 30), (840, 30)]


def test_a_price_beyond_the_guard_is_passed_over_and_made_good_later():
    done = run(twap(limit=99.0, offset=0.01), (100.0,), (98.0,), (100.0,), (100.0,), (100.0,))
    assert [(order.placed, order.filled) for order in done.orders] == [(600, 25), (660, 0), (780, 75)]
    assert all(order.limit == 99.0 for order in done.orders)


def test_what_the_guard_kept_back_to_the_end_stays_untraded():
    done = run(twap(limit=99.0), *[(98.0,)] * 6)
    assert (done.orders, done.outcome, done.ended) == ([], PlanOutcome.EXPIRED, 840)
