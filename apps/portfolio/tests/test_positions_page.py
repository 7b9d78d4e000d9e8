"""Open positions."""

from decimal import Decimal

import pytest
from django.urls import reverse

from apps.markets.models import Feed
from apps.orders.models import Order
from apps.portfolio.holdings import holdings
from engine.kinds import OrderKind
from tradingsite.testing.people import make_account, make_bot
from tradingsite.testing.scripted import LONG


@pytest.fixture
def bot(client, market):
    bot = make_bot(make_account(), market.product, params={"stop": 0.02, "target": 0.04}, size=0.1)
    client.force_login(bot.account.owner)
    market.bar(100, volume=LONG)
    market.bar(100, 102, 99.5, 101)
    return bot


def page(client) -> str:
    return client.get(reverse("portfolio:positions")).content.decode()


def test_it_is_empty_in_words(client, db):
    client.force_login(make_account().owner)
    assert "No open positions" in page(client)


def test_it_marks_a_position_to_the_last_price(client, bot):
    (held,) = holdings(bot.account.owner)
    position = held.position
    assert held.value == position.quantity * 101
    assert held.pnl == position.quantity * 101 - position.bought_notional - position.fees
    assert (held.stop_price, held.target_price) == (Decimal(98), Decimal(104))
    assert held.stop_distance == Decimal(98) / Decimal(101) - 1
    text = page(client)
    for words in ("101.00", "98.00", "104.00", f"{position.quantity:.8f}", "Stop and sell"):
        assert words in text


def test_the_limit_of_a_stop_limit_is_no_target(client, bot):
    Order.objects.filter(purpose="protect").update(kind=OrderKind.STOP_LIMIT, limit_price=Decimal(97))
    (held,) = holdings(bot.account.owner)
    assert (held.stop_price, held.target_price == Decimal(97)) == (Decimal(98), False)


def test_it_says_when_nothing_protects_a_position(client, bot):
    assert "without a resting exit" not in page(client)
    Order.objects.filter(purpose="protect").update(state="cancelled")
    assert "without a resting exit" in page(client)


def test_an_unknown_price_is_unknown_and_not_zero(client, bot):
    Feed.objects.update(price=None)
    text = page(client)
    assert 'class="num unknown" data-v="pos.' in text
    assert "n/a" in text
