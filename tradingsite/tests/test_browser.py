"""The platform in a browser: the journey of a newcomer, and every page at both sizes."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.bots.models import Bot
from apps.bots.services import bot_pause
from apps.dashboard.console import console_sweep
from apps.ledger.models import Position
from apps.orders.halts import halts_sweep
from apps.portfolio.snapshots import snapshots_sweep
from apps.risk.models import Halt
from apps.risk.services import halt
from engine.kinds import HaltLevel
from tradingsite.testing.people import make_account, make_bot, make_user
from tradingsite.testing.site import DESKTOP, PHONE, LiveMarket, Visitor, visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CROSS = {"fast": 2, "slow": 3, "stop": 0.02, "target": 0.04}
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


def cross(market: LiveMarket) -> None:
    """Prices at which the fast average crosses above the slow one."""
    market.bars(100, 100, 100, 99, 98, 104)


@SIZES
def test_a_newcomer_signs_up_sees_a_fill_asks_why_not_and_pulls_the_switch(site, live_market, size):
    live_market.bars(100, 100, 100)
    with visitor(site, size=size) as newcomer:
        sign_up(newcomer)
        create_bot(newcomer)
        see_a_fill(newcomer, live_market)
        ask_why_not(newcomer, live_market)
        pull_the_switch(newcomer, live_market)
        assert not newcomer.faults, "\n".join(newcomer.faults)


def sign_up(newcomer: Visitor) -> None:
    page = newcomer.page
    page.goto("/")
    page.get_by_role("link", name="Start with 10,000 USD on paper").click()
    page.get_by_label("Email").fill("newcomer@example.org")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_label("I accept the terms").check()
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name="Create your first bot")).to_be_visible()
    newcomer.inspect()


def create_bot(newcomer: Visitor) -> None:
    page = newcomer.page
    page.get_by_role("radio", name="Moving-average cross").check()
    page.get_by_role("button", name="Next: settings").click()
    page.get_by_label("Name").fill("First")
    page.get_by_label("Decides on bars of").select_option("1m")
    page.get_by_label("Fast length").fill("2")
    page.get_by_label("Slow length").fill("3")
    newcomer.inspect()
    page.get_by_role("button", name="Next: preview").click()
    expect(page.get_by_text("There is no stop")).to_be_visible()
    newcomer.inspect()
    page.get_by_role("button", name="Create and start on paper").click()
    expect(page.get_by_role("heading", name="First", exact=True)).to_be_visible()


def see_a_fill(newcomer: Visitor, market: LiveMarket) -> None:
    """Everything arrives on the bot's page without a reload."""
    page = newcomer.page
    expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live")
    page.evaluate("window.neverReloaded = true")
    cross(market)
    market.bar(105)
    expect(page.locator("[data-toasts]")).to_contain_text("Bought")
    expect(page.get_by_role("row", name="Buy market")).to_contain_text("Filled")
    expect(page.locator(f'[data-v="price.{market.product.pk}"]')).to_have_text("105.00")
    expect(page.locator(".kpis")).to_contain_text("after the fees paid so far")
    assert page.evaluate("window.neverReloaded")
    newcomer.inspect()


def ask_why_not(newcomer: Visitor, market: LiveMarket) -> None:
    page = newcomer.page
    page.goto(reverse("bots:conditions"))
    market.bar(106)
    expect(page.get_by_text("Holds: a position is open or an order is working.").first).to_be_visible()
    for time, words in (("00:02", "No decision at or before"), ("00:05", "No entry: ")):
        page.get_by_label("Why no trade at").fill(time)
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("heading", name=f"at 2020-02-10 {time}")).to_be_visible()
        expect(page.locator("#decision")).to_contain_text(words)
    newcomer.inspect()


def pull_the_switch(newcomer: Visitor, market: LiveMarket) -> None:
    page = newcomer.page
    page.get_by_role("link", name="KILL SWITCH").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    newcomer.inspect()
    page.get_by_role("button", name="Halt now").click()
    expect(page.get_by_text("TRADING IS HALTED")).to_be_visible()
    newcomer.inspect()
    halts_sweep()
    market.settle()
    assert Halt.objects.get().level == HaltLevel.ORDERS
    page.goto(reverse("dashboard:overview"))
    expect(page.get_by_text("Trading is halted")).to_be_visible()
    expect(page.get_by_role("link", name="HALTED")).to_be_visible()


@SIZES
def test_every_page_is_sound(site, live_market, size):
    account = make_account(slippage="0.0002")
    bot = make_bot(account, live_market.product, strategy="ma_cross", params=CROSS, size=0.1)
    failed = make_bot(account, live_market.product, strategy="ema_rsi_volume", confirmation=300)
    cross(live_market)
    live_market.bars(105, 90, 91, 92, 100)
    assert Position.objects.filter(closed__isnull=False).exists()
    snapshots_sweep()
    cross(live_market)
    live_market.bar(105)
    Bot.objects.filter(pk=failed.pk).update(state=Bot.State.ERROR, state_reason="a broken gear")
    pulled = halt(scope="account", level=HaltLevel.ENTRIES, reason="drill", by=account.owner, account=account)
    new = f"{reverse('bots:settings')}?product={live_market.product.pk}&strategy="
    addresses = [
        *(reverse(name) for name in ("dashboard:overview", "bots:list", "bots:new", "bots:conditions")),
        *(reverse(f"portfolio:{name}") for name in ("positions", "trades", "paper", "portfolio", "charts")),
        *(f"{reverse('portfolio:performance')}?by={name}" for name in ("bot", "reason")),
        *(f"{reverse('orders:orders')}?kind={kind}" for kind in ("bracket", "iceberg")),
        f"{reverse('portfolio:charts')}?ma=5&rsi=14&macd=on&interval=1m", reverse("dashboard:logs"),
        *(reverse(name) for name in ("risk:halts", "risk:halt", "risk:limits")),
        *(reverse(f"bots:{name}", args=[bot.pk]) for name in ("detail", "edit", "versions")),
        *(reverse("bots:switch", args=[bot.pk, verb]) for verb in ("start", "pause", "stop")),
        reverse("bots:detail", args=[failed.pk]), reverse("bots:rollback", args=[bot.pk, 1]),
        reverse("risk:release", args=[pulled.pk]), f"{new}ma_cross", f"{new}ema_rsi_volume",
        *(reverse(f"account_{name}") for name in ("change_password", "logout")),
    ]  # fmt: skip
    with visitor(site, size=size, user=account.owner) as owner:
        for address in addresses:
            owner.page.goto(address)
            expect(owner.page.locator("h1").first).to_be_attached()
            owner.inspect()
        owner.page.goto(reverse("bots:detail", args=[bot.pk]))
        expect(owner.page.locator(".chart canvas").first).to_be_visible()
        owner.page.wait_for_timeout(500)
        assert not owner.faults, "\n".join(owner.faults)


@SIZES
def test_a_chart_follows_the_market_and_is_read_by_keys(site, live_market, size):
    account = make_account()
    make_bot(account, live_market.product, strategy="ma_cross", params=CROSS, size=0.1)
    cross(live_market)
    with visitor(site, size=size, user=account.owner) as owner:
        page = owner.page
        page.goto(f"{reverse('portfolio:charts')}?interval=1m&ma=2")
        chart = page.locator("[data-chart]")
        expect(page.locator("[data-chart-summary]")).to_contain_text("BTC-USD at 104.00")
        expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live")
        live_market.bar(105)  # the bot buys at its open
        expect(page.locator("[data-legend]")).to_contain_text("105.00")
        expect(page.get_by_role("row", name="105.00")).to_be_visible()  # the position is listed
        chart.focus()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        expect(page.locator("[data-spoken]")).to_have_text("2020-02-10 00:01: 100.00, 100.00, 100.00, 100.00")
        page.keyboard.press("End")
        expect(page.locator("[data-spoken]")).to_contain_text("entry")
        page.get_by_text("Show the last bars as a table").click()
        expect(page.locator("[data-chart-table] tbody tr")).to_have_count(7)
        expect(page.locator("[data-chart-table] tbody tr").first).to_contain_text("105.00")
        page.get_by_text("Indicators: MA 2").click()
        page.get_by_label("RSI").fill("x")
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.locator(".errors")).to_contain_text("RSI must be whole numbers from 2 to 400, was 'x'")
        page.get_by_label("RSI").fill("2")
        owner.faults.clear()  # the page above answered 400, as it should
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.locator("[data-legend]")).to_contain_text("105.00")  # the new page is there, and stands still
        page.get_by_text("Indicators: MA 2; RSI 2").click()
        page.get_by_role("button", name="Keep 1m and these").click()
        expect(page.get_by_text("Charts now open with this interval")).to_be_visible()
        owner.inspect()
        assert not owner.faults, "\n".join(owner.faults)


@SIZES
def test_the_open_pages_are_sound(site, live_market, size):
    names = ["dashboard:landing", "dashboard:terms", "account_login", "account_signup", "account_reset_password"]
    with visitor(site, size=size) as nobody:
        for name in names:
            nobody.page.goto(reverse(name))
            nobody.inspect()
        assert not nobody.faults, "\n".join(nobody.faults)


def test_a_form_with_errors_leads_to_its_fields(site, live_market):
    with visitor(site, size=DESKTOP) as nobody:
        page = nobody.page
        page.goto(reverse("account_login"))
        page.get_by_label("Email").fill("nobody@example.org")
        page.get_by_label("Password", exact=True).fill("wrong password")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.locator(".errors")).to_be_focused()
        nobody.inspect()
        assert not nobody.faults, "\n".join(nobody.faults)


def test_a_page_without_scripts_asks_the_same(site, live_market):
    account = make_account()
    bot = make_bot(account, live_market.product, strategy="ma_cross", params=CROSS)
    with visitor(site, size=DESKTOP, user=account.owner) as owner:
        owner.page.route("**/*.js", lambda route: route.abort())
        owner.page.goto(reverse("bots:detail", args=[bot.pk]))
        owner.page.get_by_role("link", name="Pause entries").click()
        owner.page.get_by_role("button", name="Pause: no new entries").click()
        expect(owner.page.get_by_text("is paused: no new entries")).to_be_visible()


def test_a_lost_connection_is_said_and_mended(site, live_market):
    account = make_account()
    live_market.bar(100)
    with visitor(site, size=DESKTOP, user=account.owner) as owner:
        page = owner.page
        sockets = []

        def through(route):
            sockets.append((route, route.connect_to_server()))

        page.route_web_socket("**/ws/live/", through)
        page.goto(reverse("portfolio:paper"))
        connection = page.locator("[data-connection]")
        expect(connection).to_have_attribute("data-state", "live")
        sockets[-1][0].close()
        expect(connection).to_have_attribute("data-state", "offline")
        expect(connection).to_contain_text("offline")
        expect(connection).to_have_attribute("data-state", "live")
        assert len(sockets) == 2


@SIZES
def test_the_operators_console_is_sound_and_moves_by_itself(site, live_market, size):
    bot = make_bot(make_account(), live_market.product, strategy="ma_cross", params=CROSS)
    cross(live_market)
    with visitor(site, size=size, user=make_user(is_staff=True, is_superuser=True)) as operator:
        page = operator.page
        page.goto(reverse("dashboard:console"))
        expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live")
        operator.inspect()
        bot_pause(bot=bot, user=bot.account.owner, reason="a look")
        console_sweep()
        expect(page.get_by_role("button", name="Start…")).to_be_visible()
        operator.inspect()
        assert not operator.faults, "\n".join(operator.faults)
