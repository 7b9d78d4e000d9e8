"""The operators' site in a browser under the policy of every other page: nothing inline, nothing from elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from playwright.sync_api import ConsoleMessage, Page, Response, sync_playwright

from tradingsite.launcher.chromium import find_chromium
from tradingsite.testing.operators import make_happened, make_operator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Visit:
    """An operator's browser, the addresses of the site and everything that went wrong on them."""

    page: Page
    addresses: list[str]
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.page.url}: {error}"))
        self.page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{self.page.url}: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{self.page.url}: {response.status} for {response.url}")


@pytest.fixture
def visit(market, live_server, monkeypatch) -> Iterator[Visit]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's loop runs in this thread
    make_happened(market)
    client = Client()
    client.force_login(make_operator())
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        context = browser.new_context(base_url=live_server.url)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        yield Visit(context.new_page(), addresses())
        browser.close()


def addresses() -> list[str]:
    """The first page, the kill switch, every list and a page of each."""
    found = [reverse("admin:index"), reverse("admin:risk_halt_add"), f"{reverse('admin:risk_halt_add')}?scope=site"]
    for model in admin.site._registry:
        row = model._default_manager.first()
        if row is not None and model._meta.app_label != "auth":
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            found += [reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[row.pk])]
    return found


def test_every_page_obeys_the_content_policy_and_fits_a_phone(visit):
    visit.page.set_viewport_size({"width": 390, "height": 844})
    for address in visit.addresses:
        visit.page.goto(address)
        wider = visit.page.evaluate(WIDER)
        if wider > 0:
            visit.faults.append(f"{address}: {wider} px too wide")
    assert not visit.faults, "\n".join(visit.faults)


def test_a_page_of_each_kind_can_be_read_by_everybody(visit):
    visit.page.set_viewport_size({"width": 1440, "height": 900})
    axe = Axe()
    kinds = ("admin/", "halt/add/", "orders/order/", "bots/evaluation/", "accounts/user/")
    chosen = [address for address in visit.addresses if address.endswith(kinds) or "evaluation/" in address]
    assert len(chosen) > len(kinds)
    for address in chosen:
        visit.page.goto(address)
        for found in axe.run(visit.page, options=RULES).response["violations"]:
            visit.faults.append(f"{address}: {found['id']} {found['nodes'][0]['html']}")
    assert not visit.faults, "\n".join(visit.faults)


def test_everything_is_halted_in_two_clicks_and_a_reason(visit):
    visit.page.goto(reverse("admin:index"))
    visit.page.get_by_role("link", name="Halt everything").click()
    visit.page.get_by_label("Why").fill("a test of the switch")
    visit.page.get_by_role("button", name="Halt everything").click()
    visit.page.get_by_text("Halted. The whole site: Stop entries and cancel every order").wait_for()
    assert not visit.faults, "\n".join(visit.faults)
