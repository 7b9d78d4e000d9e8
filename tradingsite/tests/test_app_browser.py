"""The installed app in Chromium: it installs, it says that it is offline, it keeps nothing private, it signs out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from apps.accounts.models import User
from tradingsite.launcher.chromium import FLAGS, find_chromium
from tradingsite.testing.people import make_account, make_bot
from tradingsite.testing.site import DESKTOP, PHONE, Visitor, session_of, visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
KEPT = """async () => {
    const kept = {};
    for (const name of await caches.keys())
        for (const request of await (await caches.open(name)).keys())
            kept[new URL(request.url).pathname] = await (await caches.match(request)).text();
    return kept;
}"""
CONTROLLED = """() => navigator.serviceWorker.controller ? null : new Promise((done) => {
    navigator.serviceWorker.addEventListener("controllerchange", () => done(), { once: true });
})"""
# A worker from another address in the place of the one at work: to the browser, an update like any other.
LATER = "() => navigator.serviceWorker.register('/sw.js?later').then(() => null)"
PRIVATE = "Grandmother's retirement bot"


@contextmanager
def profile(address: str, folder: Path, user: User) -> Iterator[BrowserContext]:
    """A browser as people have it: what it keeps is on disk, and it may install apps."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            folder, executable_path=find_chromium(), args=FLAGS, base_url=address
        )
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(user), "url": address}])
        try:
            yield context
        finally:
            context.close()


def controlled(page: Page) -> None:
    """Waits until the service worker has the page."""
    page.evaluate(CONTROLLED)


def test_the_browser_finds_nothing_that_keeps_it_from_installing(site, live_market, tmp_path):
    with profile(site, tmp_path, make_account().owner) as context:
        page = context.new_page()
        page.goto(reverse("dashboard:overview"))
        controlled(page)
        browser = context.new_cdp_session(page)
        manifest = browser.send("Page.getAppManifest")
        assert (manifest["url"], manifest["errors"]) == (f"{site}/manifest.webmanifest", [])
        assert browser.send("Page.getInstallabilityErrors")["installabilityErrors"] == []


@SIZES
def test_offline_it_says_so_and_shows_no_figures(site, live_market, size):
    account = make_account()
    with visitor(site, size=size, user=account.owner) as owner:
        page = owner.page
        page.goto(reverse("dashboard:overview"))
        controlled(page)
        page.context.set_offline(True)
        page.goto(reverse("portfolio:positions"))
        expect(page.get_by_role("heading", name="No connection")).to_be_visible()
        expect(page.get_by_text("Bots keep running on the server")).to_be_visible()
        assert page.locator(".num").count() == 0
        assert page.evaluate("document.fonts.ready.then(() => getComputedStyle(document.body).backgroundColor)") == (
            "rgb(11, 13, 16)"
        )
        owner.inspect()
        page.context.set_offline(False)
        expect(page.get_by_role("heading", name="Positions", exact=True)).to_be_visible()
        assert not [fault for fault in owner.faults if "axe" in fault or "wider" in fault], owner.faults


def test_nothing_private_is_kept_and_signing_out_reaches_every_tab(site, live_market):
    account = make_account()
    bot = make_bot(account, live_market.product, strategy="ma_cross", params={"fast": 2, "slow": 3})
    bot.name = PRIVATE
    bot.save()
    with visitor(site, size=DESKTOP, user=account.owner) as owner:
        page, other = owner.page, owner.page.context.new_page()
        look_around(owner, bot.pk)
        other.goto(reverse("bots:list"))
        check_kept(page)
        page.get_by_role("button", name="Account menu").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page).to_have_url(f"{site}{reverse('dashboard:landing')}")
        expect(other).to_have_url(f"{site}{reverse('account_login')}")
        check_kept(page)
        page.go_back()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert PRIVATE not in page.content()


def look_around(owner: Visitor, bot_id: int) -> None:
    page = owner.page
    page.goto(reverse("dashboard:overview"))
    controlled(page)
    for address in (reverse("bots:detail", args=[bot_id]), reverse("portfolio:trades"), reverse("dashboard:overview")):
        page.goto(address)
    expect(page.get_by_text(PRIVATE).first).to_be_visible()


def check_kept(page: Page) -> None:
    kept = page.evaluate(KEPT)
    assert "/offline/" in kept
    assert [name for name in kept if name != "/offline/" and not name.startswith("/static/")] == []
    assert not any(PRIVATE in text or "@example.org" in text for text in kept.values())


def test_a_new_version_is_offered_and_taken_only_when_asked(site, live_market):
    with visitor(site, size=DESKTOP, user=make_account().owner) as owner:
        page = owner.page
        page.goto(reverse("portfolio:paper"))
        controlled(page)
        page.evaluate("window.neverReloaded = true")
        page.get_by_label("Amount", exact=True).fill("12")
        page.evaluate(LATER)
        expect(page.get_by_text("A new version is ready.")).to_be_visible()
        assert page.evaluate("window.neverReloaded")
        expect(page.get_by_label("Amount", exact=True)).to_have_value("12")
        owner.inspect()
        with page.expect_navigation():
            page.get_by_role("button", name="Reload").click()
        assert page.evaluate("navigator.serviceWorker.controller.scriptURL") == f"{site}/sw.js?later"
