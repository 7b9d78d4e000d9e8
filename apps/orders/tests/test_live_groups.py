"""Every kind of advanced order with real money on the sandbox, to its end: whatever happens, both books agree."""

import pytest
from cryptography.fernet import Fernet

from apps.orders.groups.endings import group_cancel
from apps.orders.models import ProtectionGap
from apps.orders.seats import seats
from apps.orders.tests.live_hand import LiveHand, dying
from engine.kinds import PlanKind
from tradingsite.testing.live import live_venue


@pytest.fixture(params=["calm", "rough"])
def hand(request, db, settings, monkeypatch):
    """Somebody who owns 1 BTC bought at 100. Where it is rough, the exchange shows everything a little late, three
    answers are lost, and every third thing that is said to it is the last that a worker does."""
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    settings.NOT_FOUND_GRACE = 0.5
    with live_venue(settings) as venue:
        hand = LiveHand(venue, monkeypatch)
        hand.own()
        if request.param == "calm":
            yield hand
        else:
            hand.exchange.settings(cancel_lag=0.1, visible_lag=0.1, fill_lag=0.2, balance_lag=0.1)
            hand.exchange.fault("reset_after", method="POST", path="/orders*", times=3)
            with dying(monkeypatch, every=3):
                yield hand
    seats.leave()


def test_a_stop_goes_to_the_market(hand):
    group = hand.group(PlanKind.TRIGGER, stop_price="95")
    hand.rests(("stop", "1", "95"))
    hand.price(94)
    assert (hand.ends(group), hand.held(), hand.differences()) == ("done", 0, [])


def test_a_stop_with_a_limit_that_does_not_fill_goes_to_the_market_in_time(hand):
    group = hand.group(PlanKind.TRIGGER, stop_price="95", limit_price="94", escalate_after=30)
    hand.rests(("stop_limit", "1", "95"))
    hand.price(94.5, volume="0")
    hand.price(93)
    hand.hurry(31)
    assert (hand.ends(group), hand.held(), hand.differences()) == ("done", 0, [])


def test_a_stop_that_the_price_ran_away_from_sells_no_lower_than_its_cap(hand):
    group = hand.group(PlanKind.TRIGGER, stop_price="95", limit_price="94", escalate_beyond="0.02", escalate_cap="0.1")
    hand.rests(("stop_limit", "1", "95"))
    hand.price(90)
    assert (hand.ends(group), hand.held(), hand.differences()) == ("done", 0, [])


def test_a_target_that_is_watched_sells_above(hand):
    group = hand.group(PlanKind.TRIGGER, stop_price="110", when="above")
    hand.price(111)
    assert (hand.ends(group), hand.held(), hand.differences()) == ("done", 0, [])


@pytest.mark.parametrize("price", [94, 111])
def test_an_oco_rests_as_one_order_and_ends_on_either_side(hand, price):
    group = hand.group(PlanKind.OCO, stop_price="95", target_price="110")
    hand.rests(("bracket", "1", "95"))
    hand.price(price)
    assert (hand.ends(group), hand.held(), hand.differences()) == ("done", 0, [])


def test_an_oco_that_buys_rests_as_a_stop_and_is_swapped_for_its_target(hand):
    """The exchange has brackets for sales alone."""
    group = hand.group(PlanKind.OCO, side="buy", stop_price="110", target_price="95", swap=30)
    hand.rests(("stop", "1", "110"))
    hand.price(95)
    hand.rests(("limit", "1", "95"))
    hand.price(94)
    assert (hand.ends(group), hand.held(), hand.differences()) == ("done", 2, [])


def test_an_oco_filled_in_part_at_its_target_has_no_stop_any_more_and_says_so(hand):
    """The exchange takes a bracket's stop away with the first fill of its target; so does an OCO."""
    group = hand.group(PlanKind.OCO, stop_price="95", target_price="110")
    hand.rests(("bracket", "1", "95"))
    hand.price(110, volume="0.1")
    hand.price(105)
    hand.until(lambda: 0 < hand.held() < 1)
    hand.price(94)
    group.refresh_from_db()
    assert ([kind for kind, *_ in hand.resting()], group.protects) == (["bracket"], 0)
    assert ProtectionGap.objects.filter(position__account=hand.account, until=None).exists()
    hand.price(111)
    assert (hand.ends(group), hand.held(), hand.differences()) == ("done", 0, [])


def test_a_brackets_rest_is_sold_at_its_stop_when_a_part_went_at_its_target(hand):
    group = hand.group(PlanKind.BRACKET, side="buy", quantity="1", stop_price="95", target_price="110")
    hand.rests(("bracket", "1", "95"))
    hand.price(110, volume="0.1")
    hand.price(105)
    hand.until(lambda: 1 < hand.held() < 2)
    hand.price(94)
    assert (hand.ends(group), hand.held(), hand.differences()) == ("done", 1, [])


@pytest.mark.parametrize("kind", [PlanKind.TRIGGER, PlanKind.OCO, PlanKind.TRAILING])
def test_a_gap_past_what_a_stop_may_reach_at_the_exchange_is_sold_at_market(hand, kind):
    own = {
        PlanKind.TRIGGER: {"stop_price": "95"}, PlanKind.OCO: {"stop_price": "95", "target_price": "110"},
        PlanKind.TRAILING: {"callback": "0.05"},
    }  # fmt: skip
    group = hand.group(kind, **own[kind])
    hand.until(hand.resting)
    hand.price(80)
    assert (hand.ends(group), hand.held(), hand.differences()) == ("done", 0, [])


def test_a_gap_past_a_stops_cap_leaves_a_limit_order_and_an_alert(hand):
    group = hand.group(PlanKind.TRIGGER, stop_price="95", escalate_beyond="0.02", escalate_cap="0.1")
    hand.rests(("stop", "1", "95"))
    hand.price(80)
    hand.rests(("limit", "1", "85.5"))
    group.refresh_from_db()
    assert group.protects == 0
    assert ProtectionGap.objects.filter(position__account=hand.account, until=None).exists()
    hand.price(86)
    assert (hand.ends(group), hand.held(), hand.differences()) == ("done", 0, [])


def test_a_bracket_protects_what_it_has_bought_as_it_buys_it(hand):
    group = hand.group(
        PlanKind.BRACKET, side="buy", quantity="1", limit_price="98", stop_price="90", target_price="110"
    )
    hand.rests(("limit", "1", "98"))
    hand.price(98, volume="0.25")
    hand.until(lambda: any(kind == "bracket" for kind, *_ in hand.resting()))
    hand.price(97)
    hand.rests(("bracket", "1", "90"))
    hand.price(111)
    assert (hand.ends(group), hand.held(), hand.differences()) == ("done", 1, [])


@pytest.mark.parametrize(
    "params",
    [
        {"callback": "0.05"}, {"callback": "0.05", "rest": False}, {"callback_amount": "5", "every": 1},
        {"callback": "0.05", "order": "limit", "offset": "0.03"},
        {"callback": "0.05", "activation_price": "105"},
    ],
    ids=["resting", "watched", "in quote", "by limit", "activated"],
)  # fmt: skip
def test_a_trailing_stop_follows_the_price_and_sells(hand, params):
    group = hand.group(PlanKind.TRAILING, **params)
    for price in (104, 110, 120):
        hand.price(price)
        hand.hurry(11)
    hand.price(118)
    assert hand.held() == 1
    hand.price(113)
    assert (hand.ends(group), hand.held(), hand.differences()) == ("done", 0, [])


@pytest.mark.parametrize(("side", "left"), [("sell", 0), ("buy", 2)])
def test_an_iceberg_shows_a_part_at_a_time(hand, side, left):
    group = hand.group(PlanKind.ICEBERG, side=side, quantity="1", display="0.4", variance="0")
    price = 100
    while hand.held() != left:
        hand.until(hand.resting)
        price += 1 if side == "sell" else -1
        hand.price(price)
    assert group.orders.exclude(quantity__lte="0.4").count() == 0
    assert (hand.ends(group), hand.held(), hand.differences()) == ("done", left, [])


@pytest.mark.parametrize(("side", "left"), [("sell", 0), ("buy", 2)])
def test_a_twap_trades_over_its_time(hand, side, left):
    group = hand.group(PlanKind.TWAP, side=side, quantity="1", slices=4, duration=240, offset="0.02")
    for _ in range(4):
        hand.price(100)
        hand.until(lambda: not hand.resting())
        hand.hurry(60)
    assert hand.ends(group) in ("done", "cancelled")
    assert hand.differences() == []


def test_a_twap_goes_on_while_nothing_trades(hand):
    group = hand.group(PlanKind.TWAP, side="buy", quantity="1", slices=4, duration=240, offset="0.02")
    for _ in range(4):
        hand.until(lambda: not hand.resting())
        hand.hurry(60)
    assert (hand.ends(group), hand.held(), hand.differences()) == ("done", 2, [])


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        (PlanKind.TRIGGER, {"stop_price": "95"}),
        (PlanKind.OCO, {"stop_price": "95", "target_price": "110"}),
        (PlanKind.TRAILING, {"callback": "0.05"}),
        (PlanKind.ICEBERG, {"display": "0.4"}),
        (PlanKind.TWAP, {"slices": 4, "duration": 240}),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, PlanKind) else "",
)  # fmt: skip
def test_one_that_is_cancelled_on_its_way_leaves_nothing_behind(hand, kind, params):
    group = hand.group(kind, **params)
    group_cancel(user=hand.user, group=group)
    hand.price(99)
    assert (hand.ends(group), hand.resting(), hand.differences()) == ("cancelled", [], [])
