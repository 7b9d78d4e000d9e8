"""Whatever message was lost, the sweep finds the row that waits."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.orders import sweeps
from apps.orders.models import Order, ProductCursor
from apps.orders.sweeps import accounts_unsettled, accounts_with_open_orders, orders_settled, orders_sweep
from engine.kinds import EventKind
from engine.orders.states import OrderState


@pytest.fixture
def nudged(monkeypatch):
    sent = []
    monkeypatch.setattr(sweeps, "nudge", lambda actor, *args, queue: sent.append((actor, *args)))
    return sent


def aged(order, state=None, **fields):
    """The order as one that was made two seconds ago."""
    if state:
        fields["state"] = state
    Order.objects.filter(pk=order.pk).update(created=timezone.now() - timedelta(seconds=2), **fields)


WAITING = [OrderState.PENDING, OrderState.SUBMITTING, OrderState.UNKNOWN, OrderState.CANCELLING]


@pytest.mark.parametrize("state", WAITING)
def test_an_order_that_waits_is_found(desk, nudged, state):
    aged(desk.buy(), state)
    orders_sweep()
    assert nudged == [("orders_work", desk.account.pk)]


def test_a_young_order_is_still_on_its_ordinary_way(desk, nudged):
    desk.buy()
    orders_sweep()
    assert nudged == []


@pytest.mark.parametrize("state", [state for state in OrderState if state not in [*WAITING, OrderState.OPEN]])
def test_an_order_that_is_over_is_left_alone(desk, nudged, state):
    aged(desk.buy(), state)
    orders_sweep()
    assert nudged == []


def test_an_open_order_whose_book_has_not_met_the_market_is_found(desk, nudged):
    order = desk.buy()
    aged(order, OrderState.OPEN)
    orders_sweep()
    assert len(nudged) == 1, "its exchange was never read"
    ProductCursor.objects.create(account=desk.account, product=desk.product, caught_up=desk.product.feed.position)
    orders_sweep()
    assert len(nudged) == 1
    desk.market.commit(desk.product, EventKind.OPEN, [100])
    orders_sweep()
    assert len(nudged) == 2


def test_an_open_order_that_is_to_be_cancelled_is_found(desk, nudged):
    order = desk.buy()
    desk.work()
    aged(order)
    orders_sweep()
    assert nudged == []
    aged(order, cancel_requested=True)
    orders_sweep()
    assert nudged == [("orders_work", desk.account.pk)]


@pytest.mark.parametrize("state", list(OrderState))
def test_a_market_is_settled_when_no_order_is_on_its_way(desk, state):
    aged(desk.buy(), state)
    on_its_way = state in (OrderState.PENDING, OrderState.SUBMITTING, OrderState.CANCELLING)
    not_matched = state == OrderState.OPEN
    assert orders_settled(desk.product, 5) == (not on_its_way and not not_matched)
    ProductCursor.objects.create(account=desk.account, product=desk.product, caught_up=5)
    assert orders_settled(desk.product, 5) == (not on_its_way)
    assert orders_settled(desk.product, 6) == (not on_its_way and not not_matched)
    assert accounts_unsettled([desk.account.pk], desk.product, 5) == ([desk.account.pk] if state in WAITING else [])


def test_a_market_is_not_settled_while_a_cancel_waits(desk):
    order = desk.buy()
    desk.work()
    assert orders_settled(desk.product, 5)
    aged(order, cancel_requested=True)
    assert not orders_settled(desk.product, 5)


def test_whether_a_market_is_settled_is_asked_of_one_moment(desk, django_assert_num_queries):
    """Between two statements an entry could be filled and its exit made: each would be seen by neither."""
    desk.buy()
    with django_assert_num_queries(1):
        orders_settled(desk.product, 5)


def test_an_event_concerns_accounts_with_orders_at_the_exchange(desk):
    order = desk.buy()
    assert accounts_with_open_orders(desk.product) == []
    desk.work()
    assert accounts_with_open_orders(desk.product) == [desk.account.pk]
    aged(order, OrderState.CANCELLING)
    assert accounts_with_open_orders(desk.product) == [desk.account.pk]
