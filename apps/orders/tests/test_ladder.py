"""Stops by hand and of bots with real money that the price leaps over: nobody is left with a limit order above it."""

import pytest
from cryptography.fernet import Fernet

from apps.orders.ladder import stops_sweep
from apps.orders.models import Order
from apps.orders.seats import seats
from apps.orders.tests.live_hand import LiveHand
from engine.kinds import OrderKind
from tradingsite.testing.live import live_venue


@pytest.fixture
def hand(db, settings, monkeypatch):
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with live_venue(settings) as venue:
        hand = LiveHand(venue, monkeypatch)
        hand.own()
        yield hand
    seats.leave()


def test_a_stop_that_was_leapt_over_is_cancelled_and_sold_at_market(hand):
    stop = hand.place("sell", OrderKind.STOP, stop_price="95")
    hand.rests(("stop", "1", "95"))
    assert stops_sweep() == 0
    hand.price(80)
    assert [stops_sweep(), stops_sweep()] == [1, 0]
    hand.until(lambda: hand.held() == 0)
    sale = Order.objects.get(replaces=stop)
    assert (sale.kind, sale.reason, sale.filled) == (OrderKind.MARKET, "stop", 1)
    assert hand.differences() == []


def test_a_bracket_that_trades_at_its_target_has_its_stop_seen_to_here(hand):
    hand.place("sell", OrderKind.BRACKET, limit_price="110", stop_price="95")
    hand.rests(("bracket", "1", "95"))
    hand.price(110, volume="0.1")
    hand.price(105)
    hand.until(lambda: 0 < hand.held() < 1)
    assert stops_sweep() == 0
    hand.price(94)
    assert stops_sweep() == 1
    hand.until(lambda: hand.held() == 0)
    assert hand.differences() == []


def test_a_stop_with_a_limit_of_its_own_is_left_as_it_was_asked_for(hand):
    hand.place("sell", OrderKind.STOP_LIMIT, stop_price="95", limit_price="94")
    hand.rests(("stop_limit", "1", "95"))
    hand.price(80)
    assert (stops_sweep(), hand.resting()) == (0, [("stop_limit", "1", "95")])
