"""The pages that describe the API in a browser: they work under their policies and ask nobody else."""

import pytest
from playwright.sync_api import expect

from tradingsite.testing.people import make_account
from tradingsite.testing.site import DESKTOP, visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_operation_is_tried_out_with_the_session(site, live_market):
    account = make_account()
    with visitor(site, size=DESKTOP, user=account.owner) as reader:
        page = reader.page
        page.goto("/api/docs/")
        page.locator("#operations-accounts-accounts_list").get_by_role("button").first.click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        expect(page.locator(".live-responses-table tr.response .response-col_status")).to_contain_text("200")
        expect(page.locator(".live-responses-table tr.response")).to_contain_text(account.name)
        assert not reader.faults, "\n".join(reader.faults)


def test_the_reference_shows_every_operation(site, live_market):
    with visitor(site, size=DESKTOP) as reader:
        reader.page.goto("/api/redoc/")
        last = reader.page.get_by_role("heading", name="Sum up your closed trades")
        expect(last).to_be_visible(timeout=30_000)
        assert not reader.faults, "\n".join(reader.faults)
