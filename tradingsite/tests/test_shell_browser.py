"""What is around every page, in Chromium: quick find, pausing, messages; and the pages of logs and limits."""

import logging
import re

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.urls import reverse
from playwright.sync_api import expect

from apps.operations.hints import toast
from apps.operations.logs.store import StoreHandler
from apps.risk.models import LimitChange
from tradingsite.testing.people import NO_LIMITS, make_account, make_bot
from tradingsite.testing.scripted import LONG
from tradingsite.testing.site import DESKTOP, PHONE, Visitor, visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
PASSWORD = "correct horse battery"
AMOUNT = re.compile(r"\d\sUSD")


def said(user, text: str) -> None:
    logging.getLogger("apps.orders.events").warning(text, extra={"user": user.pk, "correlation_id": "cause-of-it"})
    for handler in logging.getLogger().handlers:
        if isinstance(handler, StoreHandler):
            handler.flush()


def sound(visited: Visitor) -> None:
    visited.inspect()
    assert not visited.faults, "\n".join(visited.faults)


def test_quick_find_opens_with_a_slash_and_is_walked_with_arrows(site, live_market):
    account = make_account()
    bot = make_bot(account, live_market.product, strategy="ma_cross", params={"fast": 2, "slow": 3})
    with visitor(site, size=DESKTOP, user=account.owner) as owner:
        page = owner.page
        page.goto(reverse("portfolio:paper"))
        page.get_by_label("Amount", exact=True).press("/")
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.locator("main").press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type(bot.name.lower())
        expect(page.get_by_role("dialog").get_by_role("link", name=bot.name)).to_be_visible()
        expect(page.get_by_role("dialog").get_by_role("link", name="Overview")).to_be_hidden()
        sound(owner)
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("dialog").get_by_role("link", name=bot.name)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{site}{reverse('bots:detail', args=[bot.pk])}")


def test_quick_find_on_the_phone_is_in_the_sheet(site, live_market):
    with visitor(site, size=PHONE, user=make_account().owner) as owner:
        page = owner.page
        page.goto(reverse("dashboard:overview"))
        page.get_by_role("button", name="More").click()
        page.get_by_role("link", name="Find").click()
        page.get_by_role("searchbox").fill("risk")
        sound(owner)
        page.get_by_role("dialog").get_by_role("link", name="Risk and limits").click()
        expect(page.get_by_role("heading", name="Risk and limits")).to_be_visible()


@SIZES
def test_updates_are_paused_and_go_on_at_the_top_of_every_page(site, live_market, size):
    account = make_account()
    live_market.bar(100)
    with visitor(site, size=size, user=account.owner) as owner:
        page = owner.page
        page.goto(reverse("portfolio:paper"))
        connection = page.locator("[data-connection]")
        expect(connection).to_have_attribute("data-state", "live")
        connection.click()
        expect(connection).to_contain_text("paused")
        expect(connection).to_have_attribute("aria-pressed", "true")
        sound(owner)
        page.goto(reverse("portfolio:positions"))
        expect(connection).to_contain_text("paused")
        connection.click()
        expect(connection).to_have_attribute("data-state", "live")


def test_only_urgent_messages_interrupt(site, live_market):
    account = make_account()
    with visitor(site, size=DESKTOP, user=account.owner) as owner:
        page = owner.page
        page.goto(reverse("portfolio:paper"))
        expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live")
        toast(account.owner.pk, "Sold 1 BTC", urgent=True)
        expect(page.get_by_role("alert")).to_contain_text("Sold 1 BTC")
        toast(account.owner.pk, "A report is ready")
        expect(page.locator(".toast[role=status]")).to_contain_text("A report is ready")
        sound(owner)


@SIZES
def test_amounts_are_hidden_on_this_device_and_stay_so_while_they_move(site, live_market, scripted, size):
    account = make_account(limits=NO_LIMITS)
    make_bot(account, live_market.product, size=0.5)
    live_market.bar(100, volume=LONG)
    live_market.bar(100)
    with visitor(site, size=size, user=account.owner) as owner:
        page = owner.page
        page.goto(reverse("dashboard:overview"))
        result = page.locator("main [data-v=open_pnl]")
        expect(result).to_contain_text("USD")
        assert result.inner_text()
        if size == PHONE:
            page.get_by_role("button", name="Account menu").click()
        page.get_by_role("button", name="Hide amounts").first.click()
        expect(result).to_be_hidden()
        assert not AMOUNT.search(page.inner_text("body"))
        expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live")
        before = result.text_content()
        live_market.bar(110)
        expect(result).not_to_have_text(before)  # it moves on, unseen
        toast(account.owner.pk, "Sold 0.0125 BTC at 9,500.00 USD")
        expect(page.locator(".toast")).to_contain_text("Sold ••• BTC at ••• USD")
        for name in ("dashboard:overview", "portfolio:positions", "portfolio:portfolio", "bots:list"):
            html, _, _ = page.goto(reverse(name)).text().partition("<head>")
            assert 'data-amounts="hidden"' in html
            assert not AMOUNT.search(page.inner_text("body")), name
            sound(owner)
        if size == PHONE:
            page.get_by_role("button", name="Account menu").click()
        page.get_by_role("button", name="Hide amounts").first.click()
        assert AMOUNT.search(page.inner_text("body"))
    with visitor(site, size=size, user=account.owner) as elsewhere:
        elsewhere.page.goto(reverse("dashboard:overview"))
        assert AMOUNT.search(elsewhere.page.inner_text("body"))


@SIZES
def test_lines_are_followed_opened_and_searched(site, live_market, size):
    account = make_account()
    said(account.owner, "refused for the first time")
    with visitor(site, size=size, user=account.owner) as owner:
        page = owner.page
        page.goto(reverse("dashboard:logs"))
        page.get_by_role("link", name="Follow").click()
        said(account.owner, "refused once more")
        expect(page.get_by_role("log")).to_contain_text("refused once more")
        page.get_by_text("refused once more", exact=True).click()
        expect(page.get_by_text('"level": "WARNING"').first).to_be_visible()
        sound(owner)
        page.get_by_role("link", name="Everything of this cause").first.click()
        expect(page.get_by_label("Search")).to_have_value("cause-of-it")
        expect(page.get_by_text("refused for the first time", exact=True)).to_be_visible()


@SIZES
def test_a_limit_is_raised_with_the_password_and_taken_back(site, live_market, size):
    account = make_account()
    account.owner.password = make_password(PASSWORD, hasher=Argon2PasswordHasher())  # as the web process checks it
    account.owner.save()
    with visitor(site, size=size, user=account.owner) as owner:
        page = owner.page
        page.goto(reverse("risk:halts"))
        page.get_by_role("link", name="Change", exact=True).click()
        page.get_by_label("All positions together").fill("80")
        page.get_by_role("button", name="Change the limits").click()
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.locator("main form button[type=submit]").first.click()
        expect(page.get_by_text("Rises to 80.00")).to_be_visible()
        sound(owner)
        page.get_by_role("button", name="Take back").click()
        expect(page.get_by_text("Rises to 80.00")).to_be_hidden()
        assert LimitChange.objects.get().state == LimitChange.State.CANCELLED
