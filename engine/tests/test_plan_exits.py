"""Triggers, OCO and brackets by the sentences of their semantics; the figures are worked by hand."""

import pytest

from engine.kinds import DeedReason, EventKind, OrderKind, PlanKind, PlanOutcome, PlanPhase, PriceSource, TimeInForce
from engine.plans.simulate import events_of
from engine.tests.plans import candles, native, plan, run, told

STOPS = native(OrderKind.STOP)
BRACKETS = native(OrderKind.BRACKET, OrderKind.STOP)
MARKET, LIMIT, STOP = "MARKET", "LIMIT", "STOP"


def trigger(**fields):
    return plan(PlanKind.TRIGGER, **({"stop": 95.0} | fields))


def oco(**fields):
    return plan(PlanKind.OCO, **({"stop": 95.0, "target": 110.0} | fields))


def bracket(**fields):
    return plan(PlanKind.BRACKET, **({"side": 1, "limit": 100.0, "stop": 95.0, "target": 110.0} | fields))


# Trigger


def test_a_stop_that_the_exchange_lacks_sells_at_market_once_the_price_is_there():
    done = run(trigger(), (100.0,), (100.0, 100.0, 95.0, 96.0), (96.5,))
    assert told(done) == [(3, MARKET, 100, 96.5)]
    assert done.outcome == PlanOutcome.FILLED
    assert (done.state["fired_price"], done.state["fired_time"]) == (95.0, 720)


def test_a_stop_that_the_exchange_has_rests_there():
    done = run(trigger(native=STOPS), (100.0,), (100.0, 100.0, 95.0, 96.0))
    assert told(done) == [(1, STOP, 100, 95.0)]
    assert done.outcome == PlanOutcome.FILLED


def test_a_gap_fires_at_the_price_that_was_to_be_had():
    done = run(trigger(), (100.0,), (90.0,), (90.0,))
    assert done.state["fired_price"] == 90.0


def test_a_trigger_may_look_the_other_way_and_is_then_never_left_to_the_exchange():
    done = run(trigger(stop=110.0, when=1, native=STOPS), (100.0,), (100.0, 111.0, 100.0, 109.0), (109.0,))
    assert told(done) == [(3, MARKET, 100, 109.0)]


def test_one_bad_price_does_not_fire_a_stop_that_wants_two():
    done = run(trigger(source=PriceSource.DOUBLE_LAST), (100.0,), (100.0, 100.0, 90.0, 100.0), (100.0,))
    assert told(done) == []
    done = run(trigger(source=PriceSource.DOUBLE_LAST), (100.0,), (94.0, 94.0, 94.0, 94.0), (94.0,))
    assert told(done) == [(3, MARKET, 100, 94.0)]


def ladder(**fields):
    return trigger(**({"stop_limit": 94.0, "escalate_after": 120, "escalate_beyond": 0.02} | fields))


def test_a_stop_limit_that_fills_in_time_does_not_escalate():
    done = run(ladder(), (100.0,), (100.0, 100.0, 94.5, 94.5), (94.6,))
    assert told(done) == [(1, LIMIT, 100, 94.6)]


def test_a_stop_limit_that_does_not_fill_in_time_goes_to_the_market():
    """Fired by the open at 660, 120 s later it is 780: the order goes out at that close and trades at the next open."""
    done = run(ladder(), (100.0,), (93.0,), (93.0,), (92.9,), (92.8,))
    assert told(done) == [(1, LIMIT, 0, None), (3, MARKET, 100, 92.9)]
    assert done.state["escalated_time"] == done.state["fired_time"] + 120 == 780
    assert done.orders[1].reason == DeedReason.ESCALATED


def test_a_price_that_runs_away_escalates_at_once():
    """2 % beyond the limit of 94 is 92.12."""
    done = run(ladder(escalate_after=0), (100.0,), (93.0,), (93.0, 93.0, 92.12, 92.12), (93.0,))
    assert [order.kind.name for order in done.orders] == [LIMIT]
    done = run(ladder(escalate_after=0), (100.0,), (93.0,), (93.0, 93.0, 92.11, 92.11), (92.5,))
    assert told(done)[1] == (3, MARKET, 100, 92.5)


def test_the_market_order_may_have_a_cap():
    """5 % from the stop of 95 is 90.25: below it waits for the price to come back."""
    done = run(ladder(escalate_cap=0.05), (100.0,), (89.0,), (89.0,), (91.0,), (91.0,))
    assert told(done) == [(3, LIMIT, 100, 90.25)]


# OCO


def test_the_stop_rests_and_the_target_is_swapped_in_at_its_price():
    done = run(oco(native=STOPS), (100.0,), (100.0, 110.0, 100.0, 110.0), (111.0,))
    assert told(done) == [(1, STOP, 0, None), (2, LIMIT, 100, 111.0)]
    assert done.outcome == PlanOutcome.FILLED


def test_a_target_that_does_not_fill_in_time_is_swapped_back():
    done = run(oco(native=STOPS), (100.0,), (100.0, 110.0, 100.0, 109.0), (109.0,), (109.0, 109.0, 95.0, 96.0))
    assert told(done) == [(1, STOP, 0, None), (2, LIMIT, 0, None), (1, STOP, 100, 95.0)]


def test_where_the_exchange_holds_no_stops_the_target_rests_and_the_stop_is_ours():
    done = run(oco(), (100.0,), (100.0, 100.0, 94.0, 94.0), (93.0,))
    assert told(done) == [(2, LIMIT, 0, None), (3, MARKET, 100, 93.0)]


def test_a_bracket_of_the_exchange_does_both():
    done = run(oco(native=BRACKETS), (100.0,), (100.0, 111.0, 100.0, 109.0))
    assert told(done) == [(1, "BRACKET", 100, 110.0)]


def test_inside_a_bar_that_spans_both_the_stop_comes_first():
    done = run(oco(native=STOPS), (100.0,), (100.0, 120.0, 90.0, 100.0))
    assert told(done) == [(1, STOP, 100, 95.0)]


def test_a_part_of_the_target_ends_the_stop_for_good():
    done = run(
        oco(), (100.0,), (100.0, 112.0, 100.0, 109.0), (100.0, 100.0, 90.0, 90.0), (90.0,), volume=3.0,
        volume_share="0.1",
    )  # fmt: skip
    assert told(done) == [(2, LIMIT, 30, 110.0)]
    assert done.state["winner"] == 3


def test_a_part_of_the_stop_ends_the_target_for_good():
    done = run(
        oco(native=STOPS), (100.0,), (100.0, 100.0, 94.0, 100.0), (120.0, 121.0, 119.0, 120.0), volume=3.0,
        volume_share="0.1",
    )  # fmt: skip
    assert told(done) == [(1, STOP, 100, pytest.approx((30 * 95 + 70 * 120) / 100))]


def test_an_oco_to_buy_mirrors_one_to_sell():
    done = run(oco(side=1, stop=105.0, target=90.0, native=STOPS), (100.0,), (100.0, 105.0, 100.0, 104.0))
    assert told(done) == [(1, STOP, 100, 105.0)]


def test_a_position_that_is_sold_elsewhere_shrinks_the_stop_and_ends_the_plan():
    done = run(oco(native=STOPS), (100.0,))
    event = next(iter(events_of(candles((100.0,)), 60)))
    event["kind"], done.state["available"] = EventKind.CHANGE, 40
    done.see(event)
    assert [(order.kind.name, order.qty) for order in done.orders] == [(STOP, 40)]
    done.state["available"] = 0
    done.see(event)
    assert (done.outcome, done.orders[0].state.name) == (PlanOutcome.CANCELLED, "ENDED")


# Bracket


def test_the_exits_cover_what_the_entry_filled_and_grow_with_it():
    bars = ((101.0,), (101.0, 101.0, 99.0, 100.0), (101.0, 101.0, 99.0, 100.0))
    done = run(bracket(native=STOPS), *bars, volume=3.0, volume_share="0.1")
    entry, stop = done.orders
    assert (entry.filled, stop.qty) == (60, 60)
    assert stop.kind == OrderKind.STOP


def test_an_exit_ends_what_is_left_of_the_entry():
    bars = ((101.0,), (101.0, 101.0, 99.0, 100.0), (100.0, 100.0, 94.0, 94.0), (94.0,), (94.0,))
    done = run(bracket(native=STOPS), *bars, volume=3.0, volume_share="0.1")
    # The bar that hits the stop fills the entry once more; what the stop does not cover goes to the market.
    assert told(done) == [(0, LIMIT, 60, 100.0), (1, STOP, 30, 95.0), (3, MARKET, 30, 94.0)]
    assert done.outcome == PlanOutcome.FILLED


def test_a_market_entry_gets_its_exits_at_its_open_and_that_bar_may_hit_either():
    done = run(bracket(limit=0.0, native=BRACKETS), (100.0,), (100.0, 111.0, 100.0, 105.0))
    assert told(done) == [(0, MARKET, 100, 100.0), (1, "BRACKET", 100, 110.0)]


def test_in_the_bar_that_filled_the_entry_the_target_is_not_reached():
    done = run(bracket(native=STOPS), (101.0,), (101.0, 112.0, 99.0, 105.0), (105.0,))
    assert [order.kind.name for order in done.orders] == [LIMIT, STOP]


def test_in_the_bar_that_filled_the_entry_the_stop_is_hit():
    done = run(bracket(), (101.0,), (101.0, 101.0, 94.0, 98.0), (98.0,))
    assert told(done) == [(0, LIMIT, 100, 100.0), (3, MARKET, 100, 98.0)]


def test_an_entry_that_ends_without_a_fill_ends_the_plan():
    done = run(bracket(expires=720), (101.0,), (101.0,), (101.0,))
    assert told(done) == [(0, LIMIT, 0, None)]
    assert (done.outcome, done.ended) == (PlanOutcome.EXPIRED, 720)
    assert run(bracket(tif=TimeInForce.IOC), (101.0,), (101.0,)).outcome == PlanOutcome.CANCELLED
    assert run(bracket(limit=102.0, post_only=True), (101.0,), (101.0,)).outcome == PlanOutcome.FAILED


def test_a_late_entry_leaves_the_exits_of_what_it_filled():
    bars = ((101.0,), (101.0, 101.0, 99.0, 100.0), (101.0,), (101.0,))
    done = run(bracket(native=STOPS, expires=780), *bars, volume=3.0, volume_share="0.1")
    entry, stop = done.orders
    assert (entry.filled, entry.state.name, stop.qty, stop.state.name) == (30, "ENDED", 30, "OPEN")
    assert done.state["phase"] == PlanPhase.ARMED


def test_what_a_short_bracket_buys_back_is_not_bound_by_what_is_left_to_sell():
    done = run(bracket(side=-1, limit=100.0, stop=105.0, target=90.0, native=STOPS), (99.0,))
    done.state["available"] = 0
    for event in events_of(candles(None, (99.0, 101.0, 99.0, 100.0), (100.0, 106.0, 100.0, 104.0)), 60):
        done.see(event)
    assert told(done) == [(0, LIMIT, 100, 100.0), (1, STOP, 100, 105.0)]


def test_a_short_bracket_mirrors_a_long_one():
    asked = bracket(side=-1, limit=100.0, stop=105.0, target=90.0, native=STOPS)
    done = run(asked, (99.0,), (99.0, 101.0, 99.0, 100.0), (100.0, 106.0, 100.0, 104.0))
    assert told(done) == [(0, LIMIT, 100, 100.0), (1, STOP, 100, 105.0)]
