"""Figures of all trades are made once, and anew as soon as the account has moved on."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import TradingAccount
from apps.portfolio import kept as keeping
from apps.portfolio.kept import kept
from apps.portfolio.tests.test_trades_page import trade
from tradingsite.testing.market import make_product
from tradingsite.testing.people import make_account, make_bot, make_user


@pytest.fixture
def bot(client, db, scripted):
    bot = make_bot(make_account(), make_product(), running=False)
    client.force_login(bot.account.owner)
    return bot


def bought(bot, hours: int, net: str) -> None:
    """A trade, as its last fill leaves it: the account has moved on."""
    trade(bot, hours, net)
    account = TradingAccount.objects.get(pk=bot.account_id)
    account.seq += 1
    account.save(update_fields=["seq"])


def sums(client, address: str) -> int:
    """How often the page adds up trades."""
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse(address))
    return sum("SUM(" in query["sql"] and "sold_notional" in query["sql"] for query in queries)


@pytest.mark.parametrize("address", ["portfolio:trades", "portfolio:performance"])
def test_a_page_adds_up_all_trades_once(client, bot, address):
    bought(bot, 1, "5")
    assert sums(client, address) > 0
    assert sums(client, address) == 0
    bought(bot, 2, "-7")
    assert sums(client, address) > 0


def test_the_totals_follow_every_trade(client, bot):
    for hours, net, total in ((1, "5", "5"), (2, "-7", "-2")):
        bought(bot, hours, net)
        assert client.get(reverse("portfolio:trades")).context["totals"].net == Decimal(total)
        assert client.get(reverse("portfolio:performance")).context["figures"]["closed_net"] == Decimal(total)


def test_the_totals_of_a_filter_are_its_own(client, bot):
    bought(bot, 1, "5")
    bought(bot, 2, "-7")
    shown = [client.get(reverse("portfolio:trades"), query).context["totals"].net for query in ({}, {"result": "win"})]
    assert shown == [-2, 5]


@pytest.mark.parametrize("address", ["portfolio:trades", "portfolio:performance"])
def test_who_has_no_account_has_a_page_all_the_same(client, db, address):
    client.force_login(make_user())
    assert client.get(reverse(address)).status_code == 200


def test_the_days_of_a_filter_are_those_of_the_zone(client, bot):
    bought(bot, 23, "5")  # closed at 23:30 UTC of the tenth
    shown = []
    for zone in ("UTC", "Asia/Tokyo"):
        bot.account.owner.time_zone = zone
        bot.account.owner.save()
        query = {"since": "2020-02-11"}
        shown.append(client.get(reverse("portfolio:trades"), query).context["totals"].trades)
    assert shown == [0, 1]


def test_what_nobody_asked_for_in_long_is_forgotten(monkeypatch):
    monkeypatch.setattr(keeping, "SIZE", 2)
    monkeypatch.setattr(keeping, "_kept", keeping.OrderedDict())
    for stamp in (1, 2, 1, 3):
        kept(stamp, lambda stamp=stamp: -stamp)
    assert dict(keeping._kept) == {1: -1, 3: -3}
