"""The first page after signing in."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from apps.bots.models import Bot
from apps.ledger.models import Position
from apps.markets.models import Feed
from apps.orders.models import Order
from apps.portfolio.snapshots import snapshots_sweep
from apps.risk.services import halt
from engine.kinds import HaltLevel
from tradingsite.testing.people import make_account, make_bot, make_user
from tradingsite.testing.scripted import LONG


def text(client, address: str = "") -> str:
    return client.get(address or reverse("dashboard:overview")).content.decode()


def test_it_offers_a_paper_account_to_a_user_without_one(client, db):
    user = make_user()
    client.force_login(user)
    assert "Open a paper account" in text(client)
    client.post(reverse("portfolio:paper_open"))
    assert user.trading_accounts.count() == 1
    client.post(reverse("portfolio:paper_open"))
    assert user.trading_accounts.count() == 1


def test_it_leads_a_newcomer_to_the_first_bot(client, db):
    client.force_login(make_account().owner)
    page = text(client)
    assert "Create your first bot" in page
    assert "10,000.00\u00a0USD" in page


def test_it_shows_equity_position_and_fill_of_a_running_bot(client, market):
    bot = make_bot(make_account(), market.product, params={"stop": 0.01}, size=0.1)
    client.force_login(bot.account.owner)
    market.bar(100, volume=LONG)
    market.bar(101, 102, 100.5, 101.5)
    page = text(client)
    position = Position.objects.get()
    assert f'data-v="pos.{position.pk}.pnl"' in page
    assert (
        f'<strong>Buy</strong> <span class="num"><span class="private">{position.bought:.8f}</span> BTC</span>' in page
    )
    assert "Holds: a position is open" in page
    assert "BTC-USD" in page


def test_it_draws_the_curve_from_the_snapshots(client, market):
    account = make_account()
    client.force_login(account.owner)
    for price in (100, 100):
        market.bars(*[price] * 16)
        snapshots_sweep()
    assert '<path class="line" d="M0.0' in text(client, f"{reverse('dashboard:overview')}?range=All")


def test_it_names_first_what_needs_attention(client, market):
    bot = make_bot(make_account(), market.product, params={"stop": 0.01}, size=0.1)
    client.force_login(bot.account.owner)
    market.bar(100, volume=LONG)
    market.bar(101, 102, 100.5, 101.5)
    assert "Needs attention" not in text(client)
    Order.objects.filter(purpose="protect").update(state="cancelled")
    Bot.objects.filter(pk=bot.pk).update(state="error", state_reason="a broken gear")
    halt(scope="site", level=HaltLevel.ENTRIES, reason="drill", by=None)
    Feed.objects.update(updated=timezone.now() - timedelta(minutes=10))
    page = text(client)
    for words in (
        "Trading is halted: drill",
        "stopped with an error: a broken gear",
        "has no resting stop or target",
        "No market data for 10",
    ):
        assert words in page


def test_an_unknown_range_is_the_usual_one(client, db):
    client.force_login(make_account().owner)
    assert client.get(f"{reverse('dashboard:overview')}?range=9Z").context["range"] == "1W"
