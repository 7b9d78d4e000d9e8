"""What the exchange refuses, takes back or does not take now, as people read it: on the sandbox, by page and API."""

import pytest
from cryptography.fernet import Fernet
from django.urls import reverse

from apps.orders.models import Difference, Fill
from apps.orders.reconciliation.decisions import ignore
from apps.orders.seats import seats
from apps.orders.tests.live_hand import LiveHand
from apps.risk.selectors import halt_level
from engine.kinds import HaltLevel, OrderKind
from tradingsite.testing.api import Caller
from tradingsite.testing.live import live_venue

LIMIT = {"side": "buy", "kind": "limit", "quantity": "1", "limit_price": "90", "time_in_force": "gtc"}
AT_FAULT = [
    ("PREVIEW_INSUFFICIENT_FUND", "quantity", "not enough money free at Coinbase."),
    ("PREVIEW_INVALID_BASE_SIZE_TOO_SMALL", "quantity", "quantity must be at least"),
    ("PREVIEW_INVALID_LIMIT_PRICE", "limit_price", "limit price must "),
    ("PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY", "limit_price", "limit price must "),
]


@pytest.fixture
def hand(db, settings, monkeypatch):
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with live_venue(settings) as venue:
        hand = LiveHand(venue, monkeypatch)
        hand.work()
        yield hand
    seats.leave()


def previews_refuse(hand, reason):
    hand.exchange.mend()
    hand.exchange.fault("refuse", reason=reason, path="/orders/preview")


@pytest.mark.parametrize(("reason", "field", "words"), AT_FAULT)
def test_a_refusal_stands_beside_its_field_on_the_page(hand, client, reason, field, words):
    client.force_login(hand.user)
    previews_refuse(hand, reason)
    asked = LIMIT | {"market": "BTC-USD", "account": str(hand.account.pk)}
    answer = client.post(reverse("orders:review"), asked)
    assert answer.status_code == 400
    assert words in str(answer.context["form"].errors.get(field))


@pytest.mark.parametrize(("reason", "field", "words"), AT_FAULT)
def test_a_refusal_names_its_field_in_the_api(hand, reason, field, words):
    previews_refuse(hand, reason)
    asked = LIMIT | {"product": "BTC-USD", "account": hand.account.pk}
    told = Caller(hand.user).post("orders/estimate/", asked).json()
    assert told["field"] == field
    assert words.removesuffix(".") in told["refusal"]


def test_a_product_that_takes_only_limit_orders_is_bought_and_sold_all_the_same(hand):
    hand.exchange.flags("BTC-USD", limit_only=True)
    hand.own()
    hand.place("sell")
    hand.until(lambda: hand.held() == 0)
    assert hand.differences() == []


@pytest.mark.parametrize("flag", ["cancel_only", "trading_disabled", "is_disabled", "view_only"])
def test_a_product_that_takes_no_orders_is_told_before_anything_is_sent(hand, flag):
    hand.exchange.flags("BTC-USD", **{flag: True})
    order = hand.place("buy", OrderKind.LIMIT, limit_price="90")
    order.refresh_from_db()
    words = f"product must take new orders, was {flag.replace('_', ' ')}"
    assert (order.state, order.message, hand.exchange.orders()) == ("rejected", words, [])


def test_a_product_that_takes_only_makers_wants_post_only(hand):
    hand.exchange.flags("BTC-USD", post_only=True)
    refused, taken = (
        hand.place("buy", OrderKind.LIMIT, quantity="0.1", limit_price="90", post_only=wish) for wish in (False, True)
    )
    for order in (refused, taken):
        order.refresh_from_db()
    assert (refused.state, taken.state) == ("rejected", "open")
    assert refused.message.startswith("post only must be on while the product takes nothing but post-only limit orders")


@pytest.mark.parametrize("kind", ["REVERSAL", "CORRECTION"])
def test_a_trade_that_the_exchange_takes_back_waits_for_a_person(hand, kind):
    hand.own()
    hand.exchange.fault("correct", path="/orders/historical/fills", reason=kind)
    for _ in range(2):
        hand.work()
    rows = list(Difference.objects.filter(kind="correction"))
    fills = Fill.objects.count()
    assert (len(rows), len(hand.exchange.fills())) == (fills, fills)  # each once, and nothing was posted for it
    for row in rows:
        assert row.theirs.startswith(f"{kind.lower()}: buy ")
        assert (row.order.side, row.confirmed is not None) == ("buy", True)
    assert halt_level(hand.account) == HaltLevel.ENTRIES
    for row in rows:
        ignore(difference=row, by=hand.user, reason="looked at with the exchange")
    hand.work()
    assert Difference.objects.filter(kind="correction", resolved=None).count() == 0
    assert halt_level(hand.account) == HaltLevel.NONE
