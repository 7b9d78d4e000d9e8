"""Backtests in a browser: asked for, watched to the end without a reload by hand, read, made a bot of."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.backtests.models import Backtest
from apps.backtests.queue import claim_next, release, report_progress
from apps.backtests.tests.asking import FIRST, ask
from apps.backtests.work import work
from apps.bots.models import Bot
from tradingsite.testing.people import make_account
from tradingsite.testing.site import DESKTOP, PHONE, LiveMarket, Visitor, visitor, web_process

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    with django_db_blocker.unblock(), web_process() as address:
        yield address


@pytest.fixture
def live_market(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> LiveMarket:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's loop runs in this thread
    return LiveMarket()


@SIZES
def test_it_is_asked_for_watched_read_and_made_a_bot_of(site, live_market, size):
    live_market.bars(100, 101)
    account = make_account(slippage="0.0002")
    with visitor(site, size=size, user=account.owner) as owner:
        page = owner.page
        page.goto(reverse("backtests:list"))
        owner.inspect()
        page.get_by_role("link", name="Run the first one").click()
        page.get_by_label("Strategy").select_option("ma_cross")
        expect(page.get_by_role("heading", name="Moving-average cross")).to_be_visible()
        page.get_by_label("Name", exact=True).fill("Fast cross")
        page.get_by_label("Fast length").fill("300")
        page.get_by_role("button", name="Run the backtest").click()
        expect(page.locator(".errors")).to_be_focused()
        owner.faults.clear()  # the browser notes the 400 of a form with errors
        owner.inspect()
        page.get_by_label("Fast length").fill("3")
        page.get_by_label("Decides on bars of").select_option("5m")
        owner.inspect()
        page.get_by_role("button", name="Run the backtest").click()
        watch(owner)
        read(owner)
        page.get_by_role("link", name="Start as paper bot").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        owner.inspect()
        page.get_by_role("button", name="Create and start").click()
        expect(page.get_by_role("heading", name="Fast cross", exact=True)).to_be_visible()
        assert Bot.objects.get().version.params["fast"] == 3
        page.get_by_role("link", name="Backtest this").click()
        expect(page.get_by_label("Fast length")).to_have_value("3")
        assert not owner.faults, "\n".join(owner.faults)


def watch(owner: Visitor) -> None:
    page = owner.page
    expect(page.get_by_text("Next in the queue.")).to_be_visible()
    expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live")
    owner.inspect()
    mine = claim_next()
    assert mine is not None
    report_progress(mine, stage="simulate", bars=10_080, bars_done=6_000, rate=1_234_567.0)
    expect(page.get_by_text("6,000 of 10,080 bars")).to_be_visible()
    owner.inspect()
    page.goto(reverse("backtests:list"))
    expect(page.get_by_text("6,000 of 10,080 bars")).to_be_visible()
    owner.inspect()
    page.go_back()
    expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live")
    release(mine)
    work()
    expect(page.get_by_role("heading", name="Equity against buy and hold")).to_be_visible()


def read(owner: Visitor) -> None:
    page = owner.page
    expect(page.locator(".chart canvas").first).to_be_visible()
    page.wait_for_timeout(500)
    owner.inspect()
    page.goto(reverse("backtests:list"))
    expect(page.get_by_role("row", name="Fast cross")).to_be_visible()
    owner.inspect()
    page.get_by_role("link", name="Fast cross").click()


@SIZES
def test_its_other_states_are_sound(site, live_market, size):
    user = make_account().owner
    failed, scalps, nothing = ask(user), ask(user, strategy="ema_rsi_volume", timeframe=60), ask(user, end=FIRST + 3600)
    Backtest.objects.filter(pk=failed.pk).update(granularity=61)
    for _ in range(3):
        work()
    with visitor(site, size=size, user=user) as owner:
        for backtest in (failed, scalps, nothing):
            owner.page.goto(reverse("backtests:detail", args=[backtest.pk]))
            owner.page.wait_for_timeout(600)
            owner.inspect()
        owner.page.goto(reverse("backtests:delete", args=[failed.pk]))
        owner.inspect()
        assert not owner.faults, "\n".join(owner.faults)
