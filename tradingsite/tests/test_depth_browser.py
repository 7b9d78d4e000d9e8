"""The chart page of a live market: the book and the trades that the stream tells, and times in the user's zone."""

import re
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.accounts.models import TradingAccount
from apps.markets.models import MarketSession
from apps.markets.watching import LEVELS, Traded, View, announce_view, watched
from tradingsite.testing.market import START, make_product
from tradingsite.testing.people import make_account
from tradingsite.testing.site import DESKTOP, PHONE, LiveMarket, visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
CHART = reverse("portfolio:charts") + "?interval=1m"


@pytest.fixture
def coinbase(live_market) -> LiveMarket:
    cache.clear()
    market = LiveMarket(make_product(venue="coinbase"))
    MarketSession.objects.filter(pk=market.session.pk).update(simulated=False)
    market.bar(100)
    return market


@pytest.fixture
def account(coinbase) -> TradingAccount:
    account = make_account(venue="coinbase")
    account.owner.time_zone = "America/New_York"
    account.owner.save()
    return account


def view(coinbase, *, trades: int = 1, known: bool = True) -> View:
    bids = [(Decimal(100 - step), Decimal(1)) for step in range(LEVELS)] if known else []
    asks = [(Decimal(101 + step), Decimal(2)) for step in range(LEVELS)] if known else []
    told = [Traded(number, START, number % 2 == 0, Decimal(100), Decimal("0.5")) for number in range(trades, 0, -1)]
    return View(coinbase.product, known, bids, asks, told)


def watches(page: Page, coinbase) -> None:
    """Until the stream would read the book."""
    expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live")
    for _ in range(100):
        if watched([coinbase.product]):
            return
        page.wait_for_timeout(50)
    raise AssertionError("nobody watches")


@SIZES
def test_the_book_and_the_trades_of_a_live_market_are_shown(site, coinbase, account, size):
    with visitor(site, size=size, user=account.owner) as trader:
        page = trader.page
        page.goto(CHART)
        expect(page.get_by_text("Waiting for the book.")).to_be_visible()
        watches(page, coinbase)
        announce_view(view(coinbase, trades=2))
        book, tape = page.locator("[data-book]"), page.locator("[data-tape] tr")
        expect(page.locator("[data-spread]")).to_have_text("1.00\u00a0USD (0.995\u00a0%)")
        expect(book.locator("[data-asks] tr").last).to_have_text("101.002.00000000")
        expect(book.locator("[data-bids] tr").first).to_have_text("100.001.00000000")
        expect(book.locator("[data-bids] progress").last).to_have_attribute("value", "100")
        expect(tape).to_have_count(2)
        expect(tape.first).to_have_text("19:00:00100.000.50000000")  # midnight UTC, in New York
        announce_view(view(coinbase, trades=3))
        expect(tape).to_have_count(3)
        trader.inspect()
        announce_view(view(coinbase, known=False))
        expect(page.get_by_text("The book is being fetched.")).to_be_visible()
        expect(book).to_be_hidden()
        assert not trader.faults, "\n".join(trader.faults)


def test_times_of_a_chart_are_the_users_and_bars_of_a_day_are_utc_days(site, coinbase, account):
    with visitor(site, size=DESKTOP, user=account.owner) as trader:
        page = trader.page
        page.goto(CHART)
        expect(page.locator("[data-legend]")).to_contain_text("2020-02-09 19:00")
        expect(page.get_by_text("times in New York")).to_be_visible()
        page.get_by_text("Show the last bars as a table").click()
        expect(page.locator("[data-chart-table] tbody tr").first).to_contain_text("2020-02-09 19:00")
        page.goto(CHART.replace("1m", "1d"))
        expect(page.locator("[data-legend]")).to_contain_text("2020-02-10   O")
        expect(page.get_by_text("days of UTC")).to_be_visible()
        assert not trader.faults, "\n".join(trader.faults)


def test_a_recording_says_that_it_has_no_book(site, live_market):
    live_market.bar(100)
    with visitor(site, size=DESKTOP, user=make_account().owner) as trader:
        trader.page.goto(CHART)
        expect(trader.page.get_by_text("No book in a recording")).to_be_visible()
        trader.inspect()
        assert not trader.faults, "\n".join(trader.faults)


@SIZES
def test_a_ticket_takes_bid_middle_and_ask_from_the_book(site, coinbase, account, size):
    with visitor(site, size=size, user=account.owner) as trader:
        page = trader.page
        page.goto(reverse("orders:orders"))
        expect(page.get_by_text("Waiting for the book.")).to_be_visible()
        expect(page.get_by_role("button", name="Mid", exact=True)).to_be_hidden()
        watches(page, coinbase)
        announce_view(view(coinbase))
        for name, price in (("Bid", "100"), ("Mid", "100.5"), ("Ask", "101")):
            page.get_by_role("button", name=name, exact=True).click()
            expect(page.get_by_label("Limit", exact=True)).to_have_value(price)
        expect(page.locator("[data-drawing]")).to_contain_text("100.00 / 101.00")
        expect(page.locator("[data-bids]")).to_have_attribute("d", re.compile("^M.*Z$"))
        trader.inspect()
        announce_view(view(coinbase, known=False))
        expect(page.get_by_text("The book is being fetched.")).to_be_visible()
        expect(page.get_by_role("button", name="Mid", exact=True)).to_be_hidden()
        assert not trader.faults, "\n".join(trader.faults)
