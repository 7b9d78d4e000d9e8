"""The matching, sentence by sentence of its semantics. Orders are of 100 lots of 0.01; a tick is 0.01."""

from types import SimpleNamespace

import pytest

from engine.kinds import Done, FillReason, OrderKind
from engine.orders.matching import exit_kind, exit_prices, match
from engine.tests.records import bar, fill, opening, order, rules, silence


def run(order, event, **costs):
    """What became of the order: None, or the fill's fields as plain values."""
    written = fill()
    if not match(order, event, rules(**costs), written):
        return None
    assert (written["order"], written["position"], written["time"]) == (7, event["position"], event["time"])
    return SimpleNamespace(**{name: written[name].item() for name in written.dtype.names})


def market(**fields):
    return order(kind=OrderKind.MARKET, **fields)


def market_buy(funds=1e9, **fields):
    return market(side=1, funds=funds, **fields)


def bracket(stop=95.0, target=110.0, **fields):
    return order(kind=OrderKind.BRACKET, stop=stop, limit=target, **fields)


def limit(price, side=-1, resting=True, **fields):
    return order(kind=OrderKind.LIMIT, side=side, limit=price, resting=resting, funds=1e9, **fields)


# When an event concerns an order


@pytest.mark.parametrize("position", [9, 10])
def test_an_event_that_came_before_the_order_or_with_it_does_not_match(position):
    assert run(market(arrival=10), opening(100, position=position)) is None
    assert run(market(arrival=10), opening(100, position=11)).qty == 100


def test_a_minute_without_trade_fills_nothing():
    assert run(bracket(stop=200.0, target=0.5), silence()) is None


def test_an_event_without_a_price_fills_nothing():
    assert run(market(), opening(float("nan"))) is None


# Market orders


def test_a_market_order_fills_at_the_next_open_and_pays_the_taker_fee():
    done = run(market(), opening(100.0), taker="0.006", maker="0.001")
    assert (done.price, done.qty, done.reason, done.maker) == (100.0, 100, FillReason.MARKET, False)
    assert done.fee == pytest.approx(0.6)
    assert done.done == Done.FILLED


def test_a_market_order_does_not_fill_inside_a_bar():
    assert run(market(), bar(low=90, high=110)) is None


def test_slippage_moves_a_market_price_against_the_taker_and_so_does_the_tick():
    assert run(market_buy(), opening(100.001), slippage="0.001").price == 100.11
    assert run(market(), opening(100.009), slippage="0.001").price == 99.90


def test_an_open_between_two_ticks_is_snapped_against_the_taker():
    assert run(market_buy(), opening(100.001)).price == 100.01
    assert run(market(), opening(100.009)).price == 100.00


def test_a_price_on_the_tick_stays_the_nearest_double_of_its_decimal():
    assert run(market_buy(), opening(0.29 * 3)).price == 0.87
    assert run(market(), opening(1.1 + 2.2)).price == 3.3


def test_an_open_is_not_capped_by_volume():
    assert run(market(), opening(100.0), volume_share="0.01").qty == 100


def test_a_buy_never_spends_more_than_its_funds_with_the_fee():
    asked = market_buy(funds=50.0)
    done = run(asked, opening(100.0))
    assert (done.qty, done.done) == (49, Done.CANCELLED)  # 49.294 of 50; one lot more would cost 50.30
    assert asked["funds"] == pytest.approx(50 - 49.294)


def test_a_buy_that_its_funds_cover_exactly_or_more_is_filled():
    asked = market_buy(funds=100.7)
    assert run(asked, opening(100.0)).done == Done.FILLED
    assert asked["funds"] == pytest.approx(0.1)


@pytest.mark.parametrize("funds", [0.0, 1.005])
def test_a_buy_whose_funds_cover_no_lot_is_cancelled_without_a_trade(funds):
    done = run(market_buy(funds=funds), opening(100.0))
    assert (done.qty, done.fee, done.done) == (0, 0, Done.CANCELLED)


# Stops


def test_a_bar_that_touches_the_stop_sells_at_the_stop_and_takes():
    done = run(bracket(), bar(low=95.0, high=100.0), taker="0.006", maker="0.001")
    assert (done.price, done.qty, done.reason, done.maker) == (95.0, 100, FillReason.STOP, False)
    assert done.fee == pytest.approx(0.57)


def test_a_bar_above_the_stop_leaves_it():
    assert run(bracket(), bar(low=95.01, high=100.0)) is None


def test_a_bar_that_opens_below_the_stop_fills_at_its_open():
    assert run(bracket(), bar(low=90.0, high=96.0, open=93.5)).price == 93.5


def test_an_open_at_or_below_the_stop_fills_at_the_open():
    assert run(bracket(), opening(95.0)).price == 95.0
    done = run(bracket(), opening(92.337), slippage="0.001")
    assert (done.price, done.reason) == (92.24, FillReason.STOP)


def test_slippage_worsens_a_stop_inside_a_bar():
    assert run(bracket(), bar(low=94.0, high=100.0), slippage="0.001").price == 94.90


def test_inside_a_bar_that_spans_both_the_stop_comes_first():
    assert run(bracket(), bar(low=94.0, high=120.0)).reason == FillReason.STOP


def test_a_stop_alone_has_no_target():
    stop = order(kind=OrderKind.STOP, stop=95.0)
    assert run(stop, bar(low=96.0, high=1000.0)) is None
    assert run(stop, bar(low=95.0, high=1000.0)).reason == FillReason.STOP


def test_a_buy_stop_mirrors_a_sell_stop():
    def buy_stop():
        return order(kind=OrderKind.STOP, side=1, stop=105.0, funds=1e9)

    assert run(buy_stop(), bar(low=100.0, high=104.99)) is None
    assert run(buy_stop(), bar(low=100.0, high=105.0), slippage="0.001").price == 105.11
    assert run(buy_stop(), bar(low=105.0, high=109.0, open=107.0)).price == 107.0
    assert run(buy_stop(), opening(106.0)).price == 106.0
    assert run(buy_stop(), opening(104.99)) is None


# Targets and limits


def test_a_target_fills_at_its_price_when_the_bar_trades_through_it_and_makes():
    done = run(bracket(), bar(low=100.0, high=110.01), taker="0.006", maker="0.001")
    assert (done.price, done.reason, done.maker, done.done) == (110.0, FillReason.TARGET, True, Done.FILLED)
    assert done.fee == pytest.approx(0.11)


def test_a_touch_does_not_fill():
    assert run(bracket(), bar(low=100.0, high=110.0)) is None
    assert run(bracket(), opening(110.0)) is None
    assert run(limit(110.0), bar(low=100.0, high=110.0)) is None
    assert run(limit(90.0, side=1), bar(low=90.0, high=100.0)) is None


def test_an_open_beyond_a_resting_target_fills_at_the_target_not_better():
    done = run(bracket(), opening(115.0))
    assert (done.price, done.maker) == (110.0, True)


def test_slippage_does_not_touch_a_limit():
    assert run(bracket(), bar(low=100.0, high=111.0), slippage="0.01").price == 110.0


def test_a_limit_buy_mirrors_a_limit_sell():
    done = run(limit(90.0, side=1), bar(low=89.99, high=100.0))
    assert (done.price, done.reason, done.maker) == (90.0, FillReason.LIMIT, True)
    assert run(limit(90.0, side=1), opening(85.0)).price == 90.0


def test_a_limit_that_is_marketable_on_arrival_takes_at_the_next_open():
    done = run(limit(90.0, resting=False), opening(95.0), taker="0.006", maker="0.001")
    assert (done.price, done.reason, done.maker) == (95.0, FillReason.LIMIT, False)
    assert done.fee == pytest.approx(0.57)


def test_a_marketable_limit_is_never_filled_worse_than_its_limit():
    assert run(limit(90.0, side=1, resting=False), opening(89.95), slippage="0.01").price == 90.0
    assert run(limit(90.0, resting=False), opening(90.05), slippage="0.01").price == 90.0


def test_a_limit_that_saw_an_event_makes_from_then_on():
    asked = limit(110.0, resting=False)
    assert run(asked, opening(100.0)) is None
    done = run(asked, opening(115.0, position=12))
    assert (done.price, done.maker) == (110.0, True)


# Volume


def test_a_bar_fills_at_most_its_share_of_the_volume_in_whole_lots():
    asked = bracket()
    done = run(asked, bar(low=100.0, high=111.0, volume=3.39), volume_share="0.1")
    assert (done.qty, done.done, asked["filled"]) == (33, Done.OPEN, 33)
    assert run(asked, bar(low=100.0, high=111.0, volume=100.0, position=13), volume_share="0.1").qty == 67


def test_a_bar_without_a_lot_to_spare_leaves_the_order():
    asked = bracket()
    assert run(asked, bar(low=100.0, high=111.0, volume=0.05), volume_share="0.1") is None
    assert asked["filled"] == 0


def test_the_rest_of_a_stop_trades_at_the_next_open_as_if_at_market():
    asked = bracket()
    first = run(asked, bar(low=94.0, high=100.0, volume=3.0), volume_share="0.1")
    assert (first.qty, first.done) == (30, Done.OPEN)
    rest = run(asked, opening(99.0, position=12), volume_share="0.1")
    assert (rest.qty, rest.price, rest.reason, rest.done) == (70, 99.0, FillReason.STOP, Done.FILLED)


def test_a_stop_that_found_no_volume_is_still_triggered():
    asked = bracket()
    assert run(asked, bar(low=94.0, high=100.0, volume=0.0), volume_share="0.1") is None
    assert run(asked, opening(120.0, position=12), volume_share="0.1").reason == FillReason.STOP


# Exits of a position


def test_exit_prices_are_snapped_up_and_nothing_stays_nothing():
    assert exit_prices(100.0, 0.005, 0.004, 0.01) == (99.5, 100.4)
    assert exit_prices(123.456, 0.005, 0.004, 0.01) == (122.84, 123.95)
    assert exit_prices(100.0, 0.0, 0.0, 0.01) == (0.0, 0.0)
    assert exit_prices(43215.0, 0.01, 0.02, 5.0) == (42785.0, 44080.0)


def test_the_kind_of_exit_follows_from_what_is_asked():
    assert exit_kind(0.01, 0.02) == OrderKind.BRACKET
    assert exit_kind(0.01, 0.0) == OrderKind.STOP
    assert exit_kind(0.0, 0.02) == OrderKind.LIMIT
    assert exit_kind(0.0, 0.0) == -1
