"""An account trades several products: each has a feed of its own, which goes at its own pace, and none waits."""

from decimal import Decimal

import pytest
from django.db import transaction

from apps.accounts.locks import lock_account
from apps.markets.models import Feed
from apps.markets.sources import MINUTE
from apps.orders import sweeps
from apps.orders.intents import Intent, order_create
from apps.orders.models import Fill, Order
from apps.orders.services import orders_work
from apps.orders.sweeps import accounts_unsettled, orders_settled, orders_sweep
from engine.kinds import EventKind, OrderKind
from tradingsite.testing.market import START, Market, make_product
from tradingsite.testing.people import make_account

pytestmark = pytest.mark.django_db
OPEN, BAR = EventKind.OPEN, EventKind.BAR


class Desk:
    """An account of the paper exchange with a resting purchase at 90 in each of two products, both read."""

    def __init__(self):
        self.fast, self.slow = make_product(), make_product("ETH-USD")
        self.market = Market(self.fast, self.slow)
        self.account = make_account()
        for product in self.market.products:
            self.play(product, 0, BAR, 100)
        self.orders = {product: self.buy(product) for product in self.market.products}
        self.work()

    def play(self, product, minute, kind, low):
        """Commits one event of a minute that opens at 100, or at ``low`` when it is the OPEN, and works nothing off."""
        self.market.now = START + minute * MINUTE
        prices = (low, low, low, low, 0) if kind == OPEN else (100, 100, low, 100, 5)
        self.market.commit(product, kind, prices)

    def buy(self, product):
        intent = Intent(
            request=f"test/{product}", holder="desk-1", product=product, purpose="entry", side="buy",
            kind=OrderKind.LIMIT, quantity=Decimal(1), limit_price=Decimal(90), funds=Decimal(100),
        )  # fmt: skip
        with transaction.atomic():
            return order_create(account=lock_account(self.account.pk), intent=intent)

    def work(self):
        orders_work(self.account.pk)

    def position(self, product):
        return Feed.objects.get(product=product).position

    def settled(self, product):
        """What the stream asks after each event of the product."""
        return orders_settled(product, self.position(product))

    def unsettled(self, product):
        """What a batch of the product asks before its bots decide."""
        return accounts_unsettled([self.account.pk], product, self.position(product)) == [self.account.pk]


@pytest.fixture
def desk():
    return Desk()


def test_an_event_settles_although_the_other_product_stands_still(desk):
    for minute in (1, 2, 3):
        desk.play(desk.fast, minute, OPEN, 100)
        assert (desk.settled(desk.fast), desk.unsettled(desk.fast)) == (False, True)
        desk.work()
        assert (desk.settled(desk.fast), desk.unsettled(desk.fast)) == (True, False)
        assert (desk.settled(desk.slow), desk.unsettled(desk.slow)) == (True, False)


def test_an_event_of_the_product_behind_is_not_settled_before_it_was_read(desk):
    desk.play(desk.fast, 9, BAR, 95)
    desk.work()
    desk.play(desk.slow, 1, BAR, 89)
    assert desk.position(desk.slow) < desk.position(desk.fast)
    assert (desk.settled(desk.slow), desk.unsettled(desk.slow)) == (False, True)
    assert (desk.settled(desk.fast), desk.unsettled(desk.fast)) == (True, False)
    desk.work()
    assert desk.settled(desk.slow)
    fill = Fill.objects.get()
    assert (fill.order, fill.position) == (desk.orders[desk.slow], desk.position(desk.slow))


def test_an_order_of_a_product_that_was_never_read_counts_as_not_read(desk):
    """How far another product of the account was read says nothing about it."""
    desk.play(desk.fast, 9, BAR, 95)
    desk.work()
    third = make_product("SOL-USD")
    Feed.objects.create(product=third, session=desk.market.session, position=desk.position(desk.slow))
    order = desk.buy(third)
    Order.objects.filter(pk=order.pk).update(state="open")
    assert (desk.settled(third), desk.unsettled(third)) == (False, True)


def test_fills_are_found_at_the_event_that_made_them_whichever_product_is_ahead(desk):
    desk.play(desk.fast, 1, BAR, 95)
    desk.play(desk.fast, 2, BAR, 89)
    found = desk.position(desk.fast)
    desk.play(desk.fast, 3, BAR, 95)
    desk.play(desk.slow, 1, BAR, 95)
    desk.work()
    assert list(Fill.objects.values_list("order__product", "position")) == [(desk.fast.pk, found)]
    desk.play(desk.slow, 2, BAR, 89)
    found = desk.position(desk.slow)
    desk.play(desk.slow, 3, OPEN, 95)
    desk.work()
    assert Fill.objects.get(order__product=desk.slow).position == found
    assert desk.settled(desk.fast)
    assert desk.settled(desk.slow)


def test_the_sweep_finds_the_account_for_the_product_behind_alone(desk, monkeypatch):
    sent = []
    monkeypatch.setattr(sweeps, "nudge", lambda actor, *args, queue: sent.append((actor, *args)))
    Order.objects.update(created="2020-01-01T00:00Z")
    desk.play(desk.fast, 9, BAR, 95)
    desk.work()
    orders_sweep()
    assert sent == []
    desk.play(desk.slow, 1, BAR, 95)
    orders_sweep()
    assert sent == [("orders_work", desk.account.pk)]
