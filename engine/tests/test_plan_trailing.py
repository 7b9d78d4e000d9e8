"""The trailing stop by hand: it sells 100 lots, 2 % below the highest price since it was armed."""

import pytest

from engine.kinds import OrderKind, PlanKind, PlanPhase, PriceSource
from engine.plans.triggers import next_triggers
from engine.tests.plans import native, plan, run, told

STOPS = native(OrderKind.STOP, OrderKind.STOP_LIMIT)


def trailing(**fields):
    return plan(PlanKind.TRAILING, **({"callback": 0.02} | fields))


def test_it_follows_the_price_up_and_sells_when_it_falls_back():
    """Highest 110: the stop is 107.80."""
    done = run(trailing(), (100.0,), (100.0, 110.0, 100.0, 109.0), (109.0, 109.0, 107.8, 108.0), (108.0,))
    assert (done.state["extreme"], done.state["stop"], done.state["extreme_time"]) == (110.0, 107.8, 720)
    assert (done.state["fired_price"], done.state["fired_time"]) == (107.8, 780)
    assert told(done) == [(3, "MARKET", 100, 108.0)]


def test_the_stop_never_goes_back():
    done = run(trailing(), (100.0,), (110.0,), (109.0,), (108.5,), (109.9,))
    assert done.state["stop"] == 107.8
    assert done.orders == []


def test_an_absolute_callback_is_in_quote():
    assert run(trailing(callback=3.0, absolute=True), (100.0,), (110.0,)).state["stop"] == 107.0


def test_the_stop_lies_on_the_tick_on_the_near_side():
    assert run(trailing(), (100.33,)).state["stop"] == 98.33  # 98.3234
    assert run(trailing(side=1), (100.33,)).state["stop"] == 102.33  # 102.3366


def test_it_waits_for_its_activation_price():
    done = run(trailing(activation=105.0), (100.0,), (90.0,), (104.99,))
    assert (done.state["phase"], done.orders) == (PlanPhase.WAITING, [])
    done = run(trailing(activation=105.0), (100.0,), (100.0, 106.0, 100.0, 105.9), (105.9,))
    assert (done.state["armed_time"], done.state["stop"]) == (720, 103.88)


def test_a_bar_goes_to_its_nearer_extreme_first():
    """From 100 to 101 first, then to 98.9: the stop of 98.98 is hit on the way. The other way round it is not."""
    fires = run(trailing(), (100.0,), (100.0, 101.0, 98.9, 99.5), (99.5,))
    assert fires.state["fired_price"] == 98.98
    rises = run(trailing(), (100.0,), (100.0, 101.2, 98.9, 101.2))
    assert (rises.state["fired_price"], rises.state["stop"]) == (0.0, 99.18)


def test_a_bar_that_reaches_the_old_stop_fires_it_whatever_it_did_before():
    done = run(trailing(), (100.0,), (100.0, 101.0, 97.0, 100.0), (100.0,))
    assert done.state["fired_price"] == 98.0


def test_a_gap_over_the_stop_fires_at_the_open():
    assert run(trailing(), (100.0,), (95.0,), (95.0,)).state["fired_price"] == 95.0


def test_one_bad_tick_neither_draws_it_up_nor_fires_it():
    asked = trailing(source=PriceSource.DOUBLE_LAST)
    done = run(asked, (100.0,), (100.0, 200.0, 100.0, 100.0), (100.0, 100.0, 1.0, 100.0), (100.0,))
    assert (done.state["extreme"], done.orders) == (100.0, [])


def test_a_limit_with_an_offset_is_placed_below_the_stop():
    """Stop 107.80, 1 % below it 106.722: never lower than asked, so 106.73."""
    asked = trailing(by_limit=True, offset=0.01)
    done = run(asked, (100.0,), (110.0,), (106.0,), (106.0,), (107.0,))
    assert told(done) == [(1, "LIMIT", 100, 106.73)]


def test_the_stop_rests_at_the_exchange_and_moves_there_no_more_often_than_asked():
    asked = trailing(native=STOPS, rest=True, every=120)
    done = run(asked, (100.0,), (101.0,), (102.0,), (103.0,), (104.0,))
    # 98 at 600, at the close at 720 the stop of 101, at the close at 840 that of 103
    assert (done.state["stop"], done.state["rested"], len(done.orders)) == (101.92, 100.94, 1)
    done = run(trailing(native=STOPS, rest=True, every=180), (100.0,), (101.0,))
    assert (done.state["stop"], done.state["rested"]) == (98.98, 98.0)


def test_a_stop_that_has_run_ahead_of_the_resting_one_goes_to_the_market():
    asked = trailing(native=STOPS, rest=True, every=3600)
    done = run(asked, (100.0,), (110.0,), (110.0, 110.0, 107.0, 107.5), (107.5,))
    assert told(done) == [(1, "STOP", 0, None), (3, "MARKET", 100, 107.5)]


def test_a_resting_stop_that_is_hit_does_it_alone():
    asked = trailing(native=STOPS, rest=True, every=0)
    done = run(asked, (100.0,), (110.0,), (110.0, 110.0, 107.0, 107.5), (107.5,))
    assert told(done) == [(1, "STOP", 100, 107.8)]


def test_a_trailing_stop_to_buy_mirrors_one_to_sell():
    """Lowest 90: the stop is 91.80."""
    done = run(trailing(side=1), (100.0,), (100.0, 100.0, 90.0, 91.0), (91.0, 91.8, 91.0, 91.5), (91.5,))
    assert (done.state["extreme"], done.state["fired_price"]) == (90.0, 91.8)
    assert told(done) == [(3, "MARKET", 100, 91.5)]


def test_a_live_stream_watches_its_activation_then_its_stop():
    assert next_triggers(trailing(activation=105.0), run(trailing(activation=105.0), (100.0,)).state) == (
        pytest.approx(float("nan"), nan_ok=True),
        105.0,
    )
    below, above = next_triggers(trailing(), run(trailing(), (100.0,)).state)
    assert (below, above) == (98.0, pytest.approx(float("nan"), nan_ok=True))
