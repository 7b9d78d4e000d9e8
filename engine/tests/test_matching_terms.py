"""Stop-limit orders, time in force and post-only. Orders are of 100 lots of 0.01; a tick is 0.01."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kinds import Done, FillReason, OrderKind, TimeInForce
from engine.orders.matching import match
from engine.records import EVENT, ORDER
from engine.tests.records import bar, fill, opening, order, record, rules, silence
from engine.tests.test_matching import limit, run


def stop_limit(stop=95.0, price=94.0, **fields):
    return order(kind=OrderKind.STOP_LIMIT, stop=stop, limit=price, **({"funds": 1e9} | fields))


# Stop-limit


def test_a_stop_limit_above_its_stop_waits_though_its_limit_is_marketable():
    asked = stop_limit()
    assert run(asked, opening(100.0)) is None
    assert run(asked, bar(low=95.01, high=101.0)) is None
    assert not asked["triggered"]


def test_a_bar_that_hits_the_stop_takes_there_when_the_limit_allows():
    done = run(stop_limit(), bar(low=94.5, high=100.0), taker="0.006", maker="0.001")
    assert (done.price, done.reason, done.maker, done.done) == (95.0, FillReason.STOP, False, Done.FILLED)
    assert done.fee == pytest.approx(0.57)


def test_slippage_never_takes_a_stop_limit_past_its_limit():
    assert run(stop_limit(), bar(low=94.5, high=100.0), slippage="0.05").price == 94.0


def test_a_gap_past_stop_and_limit_leaves_it_resting_until_the_price_comes_back():
    asked = stop_limit()
    assert run(asked, opening(93.0)) is None
    assert asked["triggered"]
    assert run(asked, bar(low=92.0, high=94.0)) is None
    done = run(asked, bar(low=93.0, high=94.01, position=13), maker="0.001")
    assert (done.price, done.reason, done.maker) == (94.0, FillReason.LIMIT, True)


def test_a_bar_that_gaps_past_both_does_not_fill_on_its_way_back():
    asked = stop_limit()
    assert run(asked, bar(open=93.0, low=92.0, high=99.0)) is None
    assert run(asked, opening(99.0, position=12)).price == 94.0


def test_an_open_between_limit_and_stop_takes():
    done = run(stop_limit(), opening(94.4))
    assert (done.price, done.reason, done.maker) == (94.4, FillReason.STOP, False)


def test_what_a_hit_stop_limit_could_not_sell_rests_at_its_limit():
    asked = stop_limit()
    first = run(asked, bar(low=94.0, high=100.0, volume=3.0), volume_share="0.1")
    assert (first.qty, first.done) == (30, Done.OPEN)
    assert run(asked, opening(93.9, position=12)) is None
    rest = run(asked, opening(94.1, position=14))
    assert (rest.qty, rest.price, rest.done) == (70, 94.0, Done.FILLED)


# Time in force


def test_what_an_ioc_order_does_not_fill_at_its_first_event_is_cancelled():
    assert run(limit(100.0, resting=False, tif=TimeInForce.IOC), opening(99.0)).done == Done.CANCELLED
    asked = limit(100.0, resting=False, tif=TimeInForce.IOC)
    done = run(asked, bar(low=99.0, high=101.0, volume=3.0), volume_share="0.1", taker="0.006", maker="0.001")
    assert (done.qty, done.price, done.maker, done.done) == (30, 100.0, False, Done.CANCELLED)
    assert done.fee == pytest.approx(0.3 * 100 * 0.006)


def test_a_silent_minute_is_no_event_for_an_ioc_order():
    asked = limit(99.0, resting=False, tif=TimeInForce.IOC)
    assert run(asked, silence()) is None
    assert run(asked, opening(100.0, position=12)).done == Done.FILLED


def test_a_fok_order_fills_whole_or_not_at_all():
    whole = run(limit(99.0, resting=False, tif=TimeInForce.FOK), opening(100.0))
    assert (whole.qty, whole.done) == (100, Done.FILLED)
    asked = limit(100.0, resting=False, tif=TimeInForce.FOK)
    none = run(asked, bar(low=99.0, high=101.0, volume=3.0), volume_share="0.1")
    assert (none.qty, none.fee, none.done, asked["filled"]) == (0, 0, Done.CANCELLED, 0)


def test_a_fok_buy_that_its_funds_do_not_cover_keeps_them():
    asked = order(kind=OrderKind.LIMIT, side=1, limit=101.0, funds=50.0, tif=TimeInForce.FOK)
    assert run(asked, opening(100.0)).done == Done.CANCELLED
    assert (asked["funds"], asked["filled"]) == (50.0, 0)


@pytest.mark.parametrize(("event", "expires", "done"), [
    (opening(101.0), 601, Done.FILLED),
    (opening(101.0), 600, Done.EXPIRED),  # a bar opens at 600
    (bar(low=99.0, high=101.0), 660, Done.FILLED),  # and closes at 660
    (bar(low=99.0, high=101.0), 659, Done.EXPIRED),
    (silence(), 660, Done.EXPIRED),
])  # fmt: skip
def test_an_order_with_an_end_matches_no_bar_that_reaches_past_it(event, expires, done):
    assert run(limit(100.0, tif=TimeInForce.GTD, expires=expires), event).done == done


def test_an_order_does_not_expire_by_an_event_that_came_before_it():
    assert run(limit(100.0, tif=TimeInForce.GTD, expires=1, arrival=10), opening(101.0)) is None


# Post-only


def test_a_post_only_order_that_would_take_is_rejected():
    for event in (opening(100.0), bar(open=100.0, low=98.0, high=101.0)):
        done = run(limit(99.0, resting=False, post_only=True), event)
        assert (done.qty, done.done) == (0, Done.REJECTED)


def test_a_post_only_order_away_from_the_market_rests_and_makes():
    asked = limit(101.0, resting=False, post_only=True)
    assert run(asked, opening(100.0)) is None
    assert run(asked, opening(102.0, position=12)).maker


# What holds of all

TICKS = st.integers(9000, 11000)
KINDS = st.sampled_from([OrderKind.LIMIT, OrderKind.STOP_LIMIT, OrderKind.STOP, OrderKind.BRACKET, OrderKind.MARKET])


@st.composite
def orders(draw):
    """Orders as an exchange accepts them."""
    kind = draw(KINDS)
    tif = draw(st.sampled_from(list(TimeInForce))) if kind == OrderKind.LIMIT else TimeInForce.GTC
    return {
        "id": 7, "kind": kind, "side": draw(st.sampled_from([1, -1])), "qty": draw(st.integers(1, 300)), "funds": 1e12,
        "limit": draw(TICKS) / 100 if kind in {OrderKind.LIMIT, OrderKind.STOP_LIMIT, OrderKind.BRACKET} else 0.0,
        "stop": draw(TICKS) / 100 if kind in {OrderKind.STOP, OrderKind.STOP_LIMIT, OrderKind.BRACKET} else 0.0,
        "tif": tif, "expires": draw(st.integers(0, 700)),
        "post_only": kind == OrderKind.LIMIT and tif <= TimeInForce.GTD and draw(st.booleans()),
    }  # fmt: skip


@st.composite
def markets(draw):
    """A few minutes, each as OPEN and BAR or as silence."""
    events = []
    for minute in range(draw(st.integers(1, 6))):
        low, first, last, high = sorted(draw(st.lists(TICKS, min_size=4, max_size=4)))
        first, last = draw(st.sampled_from([(first, last), (last, first)]))
        kind = draw(st.sampled_from(["traded", "traded", "silent"]))
        if kind == "silent":
            events.append((2, minute, first, first, first, 0))
        else:
            events += [(0, minute, first, first, first, 0), (1, minute, first, high, low, draw(st.integers(0, 9)))]
    return events


def shown(kind, minute, first, high, low, volume, mirror=False):
    if mirror:
        first, high, low = 20000 - first, 20000 - low, 20000 - high
    return record(
        EVENT, kind=kind, position=2 * minute + (kind > 0) + 1, time=60 * (minute + (kind > 0)), open=first / 100,
        high=high / 100, low=low / 100, close=first / 100, volume=volume,
    )  # fmt: skip


def played(terms, market, mirror=False):
    """Every fill of the order: quantity, price in ticks, maker, reason, what became of the order."""
    given_order, found = record(ORDER, **terms), []
    for row in market:
        written = fill()
        if match(given_order, shown(*row, mirror=mirror), rules(volume_share="0.1"), written):
            ticks = round(written["price"] * 100)
            found.append((int(written["qty"]), ticks, bool(written["maker"]), int(written["done"])))
            if written["done"] != Done.OPEN:
                break
    return found


@settings(deadline=None)  # the first call may compile
@given(orders(), markets())
def test_no_order_fills_beyond_its_quantity_past_its_limit_or_against_its_terms(terms, market):
    found = played(terms, market)
    assert sum(qty for qty, *_ in found) <= terms["qty"]
    traded = [each for each in found if each[0]]
    if terms["kind"] in {OrderKind.LIMIT, OrderKind.STOP_LIMIT}:
        assert all((terms["limit"] * 100 - ticks) * terms["side"] > -1e-6 for _, ticks, _, _ in traded)
    if terms["post_only"]:
        assert all(maker for _, _, maker, _ in traded)
    if terms["tif"] in {TimeInForce.IOC, TimeInForce.FOK}:
        assert all(done != Done.OPEN for *_, done in found)
        assert len(found) <= 1
    if terms["tif"] == TimeInForce.FOK:
        assert [qty for qty, *_ in traded] in ([], [terms["qty"]])


@settings(deadline=None)  # the first call may compile
@given(orders(), markets())
def test_a_buy_is_a_sell_in_the_mirror(terms, market):
    """Prices mirrored at 100: what one side does at 97, the other does at 103."""
    prices = {name: 200.0 - terms[name] if terms[name] else 0.0 for name in ("limit", "stop")}
    mirrored = played(terms | {"side": -terms["side"]} | prices, market, mirror=True)
    assert [(qty, maker, done) for qty, _, maker, done in played(terms, market)] == [
        (qty, maker, done) for qty, _, maker, done in mirrored
    ]
    for (qty, ticks, *_), (_, other, *_) in zip(played(terms, market), mirrored, strict=True):
        assert not qty or ticks + other == 20000
