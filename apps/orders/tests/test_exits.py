"""Selling a position: what works on it is cancelled, the sale follows, and nothing is sold twice."""

from decimal import Decimal

import pytest
from django.db import transaction

from apps.accounts.locks import lock_account
from apps.ledger.positions import open_position
from apps.orders.cancels import cancel_request
from apps.orders.models import Order
from apps.orders.services import orders_cancel_all, position_exit, positions_flatten
from apps.orders.tests.desk import HOLDER
from apps.risk.services import halt
from engine.orders.states import OrderState
from exchanges.port import Unavailable

D = Decimal


@pytest.fixture
def desk(desk):
    desk.own("1")
    return desk


def leave(desk, reason="signal", request="leave"):
    with transaction.atomic():
        account = lock_account(desk.account.pk)
        position = open_position(account, HOLDER, desk.product)
        return position_exit(account=account, position=position, reason=reason, request=request)


def fill(desk, order, quantity="1", price="101"):
    desk.exchange.fill(order.client_order_id, quantity, price, state=OrderState.FILLED)
    desk.work()


def test_without_resting_orders_the_sale_goes_at_once(desk):
    order = leave(desk)
    assert (order.after, desk.held("BTC")) == (None, 1)
    desk.work()
    fill(desk, order)
    assert (desk.state(order), desk.position()) == ("filled", 0)


def test_the_sale_follows_the_cancel_of_the_resting_exit(desk):
    resting = desk.protect("1")
    desk.work()
    desk.exchange.failure = Unavailable("away")
    order = leave(desk)
    desk.work()
    assert (desk.state(resting), desk.state(order), order.after) == ("cancelling", "pending", resting)
    assert [each.client_order_id for each in desk.exchange.sent][-1] == resting.client_order_id
    desk.exchange.failure = None
    desk.exchange.cancel(resting.client_order_id)
    desk.work()
    assert (desk.state(resting), desk.state(order), desk.held("BTC")) == ("cancelled", "open", 1)


def test_the_sale_takes_what_the_resting_exit_left(desk):
    resting = desk.protect("1")
    desk.work()
    desk.exchange.fill(resting.client_order_id, "0.3", "120")
    order = leave(desk)
    desk.work()
    assert (desk.state(order), order.quantity, desk.held("BTC")) == ("open", D("0.7"), D("0.7"))
    assert "resized" in desk.events(order)
    fill(desk, order, "0.7")
    assert desk.position() == 0


def test_nothing_is_left_when_the_stop_was_faster(desk):
    resting = desk.protect("1")
    desk.work()
    order = leave(desk)
    desk.exchange.fill(resting.client_order_id, "1", "90", state=OrderState.FILLED)
    desk.work()
    assert (desk.state(order), order.message) == ("denied", "nothing is left to sell")
    assert (desk.position(), desk.held("BTC")) == (0, 0)


def test_the_sale_waits_for_every_resting_exit(desk):
    first, second = desk.protect("0.4"), desk.protect("0.6")
    desk.work()
    order = leave(desk)
    cancel = desk.exchange.cancel
    desk.exchange.cancel = lambda key: None if key == first.client_order_id else cancel(key)
    desk.work()
    assert (desk.state(first), desk.state(second), desk.state(order)) == ("cancelling", "cancelled", "pending")
    cancel(first.client_order_id)
    desk.work()
    assert (desk.state(order), order.quantity) == ("open", 1)


def test_a_sale_that_could_not_be_sent_keeps_what_it_holds(desk, clock):
    desk.protect("1")
    desk.work()
    order = leave(desk)
    desk.exchange.will_answer(Unavailable("429"))
    desk.work()
    assert (desk.state(order), desk.held("BTC")) == ("pending", 1)
    clock.shift(2)
    desk.work()
    assert (desk.state(order), desk.held("BTC")) == ("open", 1)


def test_a_pending_purchase_of_the_holder_is_cancelled_too(desk):
    entry = desk.buy()
    leave(desk)
    desk.work()
    assert desk.state(entry) == "cancelled"


def test_asking_twice_sells_once(desk):
    assert leave(desk, request="a") == leave(desk, request="b")
    assert Order.objects.filter(purpose="exit").count() == 1


def test_a_sale_by_hand_lends_its_reason_to_the_one_that_waits(desk):
    order = leave(desk, reason="signal")
    halt(scope="site", level=2, reason="test", by=None)
    assert leave(desk, reason="manual").pk == order.pk
    desk.work()
    assert (desk.state(order), order.reason) == ("open", "manual")


def test_cancelling_everything_spares_market_sales_and_other_holders(desk):
    desk.own("1", holder="desk-2")
    sale, resting, other = leave(desk), desk.buy(), desk.protect("1", holder="desk-2")
    assert orders_cancel_all(account_id=desk.account.pk, why="test", holder=HOLDER) == 1
    assert [each.cancel_requested for each in Order.objects.filter(pk__in=[sale.pk, resting.pk, other.pk])] == [
        False, True, False,
    ]  # fmt: skip
    assert orders_cancel_all(account_id=desk.account.pk, why="test") == 2


def test_a_cancel_is_asked_for_once(desk):
    order = desk.protect("1")
    for _ in range(2):
        cancel_request(account=lock_account(desk.account.pk), order=order, why="test")
    assert desk.events(order) == ["created", "cancel requested"]


def test_flattening_sells_every_position_of_the_account(desk):
    desk.own("2", holder="desk-2")
    assert positions_flatten(account_id=desk.account.pk, reason="halt", request="halt/1") == 2
    desk.work()
    for order in Order.objects.filter(purpose="exit"):
        fill(desk, order, str(order.quantity))
    assert (desk.position(), desk.position("desk-2")) == (0, 0)


def test_flattening_again_makes_a_new_sale_only_where_the_first_was_refused(desk):
    flatten = {"account_id": desk.account.pk, "reason": "halt", "request": "halt/1"}
    positions_flatten(**flatten)
    positions_flatten(**flatten)
    sale = Order.objects.get(purpose="exit")
    desk.work()
    desk.exchange.show(sale.client_order_id, OrderState.REJECTED)
    desk.work()
    positions_flatten(**flatten)
    assert Order.objects.filter(purpose="exit").count() == 2
