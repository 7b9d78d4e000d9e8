"""An intent is committed once, with its identity and its hold, before anything is sent."""

from decimal import Decimal

import pytest

from apps.ledger.models import Hold
from apps.orders.models import Order
from engine.orders.states import OrderState

D = Decimal


def test_the_same_request_never_makes_a_second_order(desk):
    first = desk.buy(request="bot-1/5/entry")
    again = desk.buy(quantity="3", funds="500", request="bot-1/5/entry")
    assert (again.pk, Order.objects.count(), desk.held()) == (first.pk, 1, 110)


def test_another_request_account_or_generation_is_another_order(desk):
    names = {desk.buy(request="a").client_order_id, desk.buy(request="b").client_order_id}
    desk.account.generation += 1
    desk.account.save()
    names.add(desk.buy(request="a").client_order_id)
    assert len(names) == 3


def test_a_purchase_holds_its_funds_and_a_sale_its_quantity(desk):
    desk.own("2")
    desk.buy(funds="300")
    desk.protect("1.5")
    assert (desk.held("USD"), desk.held("BTC")) == (300, D("1.5"))


def test_an_unaffordable_purchase_is_denied_in_words(desk):
    order = desk.buy(funds="1000.01")
    assert (order.state, order.message) == ("denied", "USD: needs 1000.01, 1000 is free")
    assert (desk.held(), Hold.objects.count()) == (0, 0)
    desk.work()
    assert desk.exchange.sent == []


def test_two_orders_cannot_spend_the_same_money(desk):
    assert desk.buy(funds="600").state == OrderState.PENDING
    assert desk.buy(funds="600").state == OrderState.DENIED


def test_a_sale_of_more_than_is_there_is_denied_in_words(desk):
    desk.own("1")
    order = desk.protect("1.00000001")
    assert (order.state, order.message) == ("denied", "BTC: needs 1.00000001, 1 of this position is free")


def test_a_purchase_without_funds_is_denied(desk):
    order = desk.buy(funds="0")
    assert (order.state, order.message) == ("denied", "funds must be above 0 USD, were 0")


@pytest.mark.parametrize(
    "ending",
    [OrderState.CANCELLED, OrderState.FILLED, OrderState.REJECTED, OrderState.EXPIRED],
)
def test_a_hold_is_freed_however_the_order_ends(desk, ending):
    order = desk.buy(funds="110")
    desk.work()
    assert desk.held() == 110
    if ending == OrderState.FILLED:
        desk.exchange.fill(order.client_order_id, "1", "100", state=ending)
    else:
        desk.exchange.show(order.client_order_id, ending)
    desk.work()
    assert (desk.state(order), desk.held()) == (ending, 0)


def test_a_partial_fill_uses_its_part_of_the_hold(desk):
    order = desk.buy(funds="110")
    desk.work()
    desk.exchange.fill(order.client_order_id, "0.4", "100", fee="0.24")
    desk.work()
    assert (desk.state(order), desk.held(), desk.total()) == ("open", D("110") - D("40.24"), D("959.76"))


def test_a_purchase_that_would_trade_with_a_siblings_sale_is_denied(desk):
    desk.own("1", holder="desk-2")
    resting = desk.protect("1", limit="120", holder="desk-2")
    order = desk.buy(reference=D(120))
    assert (order.state, order.message) == ("denied", f"would trade with order #{resting.pk} of the same account")
    assert desk.buy(reference=D("119.99")).state == OrderState.PENDING
    assert desk.buy(limit_price=D("120.01")).state == OrderState.DENIED


def test_a_purchase_may_cross_the_holders_own_sale_and_one_that_is_over(desk):
    desk.own("1")
    mine = desk.protect("1", limit="120")
    assert desk.buy(reference=D(130)).state == OrderState.PENDING
    Order.objects.filter(pk=mine.pk).update(holder="desk-2", state=OrderState.CANCELLED)
    assert desk.buy(reference=D(130)).state == OrderState.PENDING
