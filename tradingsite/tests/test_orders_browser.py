"""Advanced Orders in a browser, at both sizes: a ticket is reckoned while it is typed, reviewed, sent and cancelled."""

from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.orders.manual import order_place
from apps.orders.models import Order
from apps.orders.tickets import Ticket
from engine.kinds import OrderKind
from tradingsite.testing.people import NO_LIMITS, make_account
from tradingsite.testing.site import DESKTOP, PHONE, visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_order_is_typed_reviewed_sent_and_cancelled(site, live_market, size):
    live_market.bars(100, 100)
    account = make_account(limits=NO_LIMITS)
    with visitor(site, size=size, user=account.owner) as owner:
        page = owner.page
        page.goto(reverse("orders:orders"))
        expect(page.get_by_text("Nothing to reckon yet")).to_be_visible()
        page.get_by_role("button", name="Last price").click()
        expect(page.get_by_label("Limit", exact=True)).to_have_value("100.00")
        page.get_by_label("Limit", exact=True).fill("90")
        page.get_by_role("button", name="50 %").click()
        expect(page.get_by_label("Quantity")).to_have_value("55.22421029")
        expect(page.locator("[data-estimate]")).to_contain_text("Costs in all")
        page.get_by_label("Quantity").fill("2000")
        expect(page.locator("[data-estimate]")).to_contain_text("It would be refused")
        owner.inspect()
        page.get_by_label("Quantity").fill("2")
        page.get_by_role("link", name="Bracket").click()
        expect(page.get_by_label("Entry price")).to_have_value("90")
        expect(page.get_by_label("Quantity")).to_have_value("2")
        page.get_by_role("link", name="Limit", exact=True).click()
        expect(page.get_by_label("Limit", exact=True)).to_have_value("90")
        page.get_by_label("Quantity").press("Enter")
        expect(page.get_by_role("heading", name="Buy 2.00000000 BTC")).to_be_visible()
        owner.inspect()
        page.get_by_role("button", name="Buy 2.00000000 BTC on paper").click()
        expect(page.get_by_role("row", name="Buy limit")).to_be_visible()
        live_market.settle()
        expect(page.get_by_role("row", name="Buy limit")).to_contain_text("Open")
        owner.inspect()
        page.get_by_role("link", name="Buy limit").click()
        expect(page.get_by_role("heading", name="What happened to it")).to_be_visible()
        owner.inspect()
        page.get_by_role("link", name="Change").click()
        page.get_by_label("Limit", exact=True).fill("91")
        page.get_by_role("button", name="Replace the order").click()
        expect(page.get_by_text("replaces #")).to_be_visible()
        live_market.settle()
        page.goto(reverse("orders:orders"))
        page.get_by_role("button", name="Cancel all by hand").click()
        expect(page.get_by_text("cancel of 1 order is on its way")).to_be_visible()
        live_market.settle()
        expect(page.get_by_text("Nothing is working")).to_be_visible()
        assert set(Order.objects.values_list("state", flat=True)) == {"cancelled"}
        assert not owner.faults, "\n".join(owner.faults)


def test_what_is_chosen_stays_chosen_while_orders_come(site, live_market):
    live_market.bars(100, 100)
    account = make_account(limits=NO_LIMITS)

    def order(price: str) -> Order:
        made = order_place(
            user=account.owner, account=account, product=live_market.product, request=price,
            ticket=Ticket("buy", OrderKind.LIMIT, quantity=Decimal(1), limit_price=Decimal(price)),
        )  # fmt: skip
        live_market.settle()
        return made

    first, second = order("90"), order("91")
    with visitor(site, size=DESKTOP, user=account.owner) as owner:
        page = owner.page
        page.goto(reverse("orders:orders"))
        expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live")
        box = page.get_by_label(f"Choose order #{second.pk}")
        box.check()
        expect(page.get_by_role("button", name="Cancel those chosen (1)")).to_be_visible()
        third = order("92")  # above the others
        expect(page.get_by_label(f"Choose order #{third.pk}")).not_to_be_checked()
        expect(box).to_be_checked()
        expect(page.get_by_label(f"Choose order #{first.pk}")).not_to_be_checked()
        page.get_by_role("button", name="Cancel those chosen (1)").click()
        expect(page.get_by_text("cancel of 1 order is on its way")).to_be_visible()
        live_market.settle()
        second.refresh_from_db()
        assert second.state == "cancelled"
        expect(box).to_have_count(0)
        page.get_by_role("button", name="Choose all shown").click()
        expect(page.get_by_role("button", name="Cancel those chosen (2)")).to_be_visible()
        assert not owner.faults, "\n".join(owner.faults)
