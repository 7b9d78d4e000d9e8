"""Orders by hand changed where they rest: on the sandbox, whatever becomes of the answer."""

from decimal import Decimal

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError

from apps.ledger.models import Balance
from apps.orders.seats import seats
from apps.orders.tests.live_hand import LiveHand
from engine.kinds import OrderKind
from tradingsite.testing.live import live_venue

D = Decimal
EDIT = {"method": "POST", "path": "/orders/edit", "times": 1}


@pytest.fixture
def hand(db, settings, monkeypatch):
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with live_venue(settings) as venue:
        hand = LiveHand(venue, monkeypatch)
        hand.own()
        yield hand
    seats.leave()


def known(hand, order):
    """Works until it is known what became of the change."""

    def is_known():
        order.refresh_from_db()
        return order.edit is None

    hand.until(is_known)
    return order


def there(hand, order):
    return next(row for row in hand.exchange.orders() if row["client_order_id"] == str(order.client_order_id))


def held(hand, currency):
    row = Balance.objects.get(account=hand.account, currency=currency)
    return row.held


@pytest.mark.parametrize("weather", ["calm", "lost", "late"])
@pytest.mark.parametrize(
    ("placed", "after"),
    [
        (("buy", OrderKind.LIMIT, {"limit_price": "90"}), {"limit_price": "92", "quantity": "0.4"}),
        (("sell", OrderKind.LIMIT, {"limit_price": "110"}), {"limit_price": "108"}),
        (("sell", OrderKind.STOP_LIMIT, {"stop_price": "95", "limit_price": "94"}), {"stop_price": "96"}),
        (
            ("sell", OrderKind.BRACKET, {"stop_price": "95", "limit_price": "110"}),
            {"stop_price": "97", "limit_price": "108", "quantity": "0.3"},
        ),
    ],
    ids=["buy", "sell", "stop", "bracket"],
)  # fmt: skip
def test_an_order_is_changed_once_in_its_place(hand, weather, placed, after):
    side, kind, before = placed
    order = hand.place(side, kind, quantity="0.5", **before)
    if weather == "lost":
        hand.exchange.fault("reset_after", **EDIT)
    elif weather == "late":
        hand.exchange.settings(visible_lag=0.3)
    assert hand.edit(order, **after).pk == order.pk
    known(hand, order)
    assert {name: getattr(order, name) for name in after} == {name: D(value) for name, value in after.items()}
    row = there(hand, order)
    assert (len(hand.exchange.orders()), row["status"], len(row["edit_history"])) == (2, "OPEN", 1)
    currency, most = ("USD", D(40)) if side == "buy" else ("BTC", order.quantity)
    assert held(hand, currency) <= most
    assert hand.differences() == []


def test_a_refused_change_leaves_order_and_hold_as_they_were_and_says_why(hand):
    order = hand.place("buy", OrderKind.LIMIT, quantity="0.5", limit_price="90")
    before = held(hand, "USD")
    hand.exchange.fault("refuse", reason="CANNOT_EDIT_TO_BELOW_FILLED_SIZE", **EDIT)
    hand.edit(order, limit_price="95")
    known(hand, order)
    assert (order.limit_price, held(hand, "USD")) == (90, before)
    told = order.events.get(kind="edit refused").detail["message"]
    assert told.startswith("quantity must ")


def test_what_fills_meanwhile_counts_and_the_total_is_kept(hand):
    order = hand.place("sell", OrderKind.LIMIT, quantity="0.5", limit_price="110")
    hand.exchange.price(110, volume="0.1")
    hand.exchange.price(105)
    hand.edit(order, limit_price="109")
    known(hand, order)
    hand.price(112)
    hand.until(lambda: hand.held() == D("0.5"))
    assert (there(hand, order)["filled_size"], hand.differences()) == ("0.5", [])


def test_more_than_before_is_replaced(hand):
    order = hand.place("buy", OrderKind.LIMIT, quantity="0.5", limit_price="90")
    new = hand.edit(order, quantity="0.8")
    assert new.replaces == order
    hand.rests(("limit", "0.8", "90"))
    assert hand.differences() == []


def test_a_change_waits_for_the_one_before(hand):
    order = hand.place("buy", OrderKind.LIMIT, quantity="0.5", limit_price="90")
    hand.exchange.fault("unavailable", path="/orders/edit", method="POST")
    hand.edit(order, limit_price="91")
    with pytest.raises(ValidationError, match="whose last change is known"):
        hand.edit(order, limit_price="92")
