"""What a recorded second sets in motion."""

from uuid import uuid4

import pytest
from django.utils import timezone

from apps.orders.models import Fill, Order
from apps.orders.services import orders_work
from engine.kinds import EventKind, OrderKind, TimeInForce
from tradingsite import wiring
from tradingsite.testing.market import Market, make_product
from tradingsite.testing.people import NO_LIMITS, make_account, make_bot
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db
FIVE_HUNDRED = 500


@pytest.fixture
def market():
    return Market(make_product(), make_product("ETH-USD"), granularity=1)


@pytest.fixture
def nudged(monkeypatch):
    accounts = []
    monkeypatch.setattr(wiring, "nudge", lambda actor, account_id, queue: accounts.append(account_id))
    return accounts


def rest(account, product, **fields):
    fields = {"side": "sell", "kind": OrderKind.BRACKET, "stop_price": 90, "limit_price": 110, "state": "open"} | fields
    return Order(
        account=account, generation=1, holder="x", product=product, client_order_id=uuid4(), purpose="entry",
        quantity=1, decided=timezone.now(), **fields,
    )  # fmt: skip


def test_five_hundred_orders_are_one_question_and_one_nudge(market, nudged, django_assert_num_queries):
    accounts = [make_account() for _ in range(3)]
    Order.objects.bulk_create(
        rest(account, product) for account in accounts for product in market.products for _ in range(FIVE_HUNDRED // 6)
    )
    Order.objects.bulk_create([rest(accounts[0], market.product, stop_price=99) for _ in range(10)])
    market.second(1, 100, 101, 99, 100, 5)
    assert nudged == [accounts[0].pk]
    with django_assert_num_queries(7):  # two of them the savepoint, one for groups
        market.second(2, 100, 111, 99, 100, 5)
    assert sorted(nudged[1:]) == sorted(account.pk for account in accounts)


@pytest.mark.parametrize(
    ("fields", "reached"),
    [
        ({}, False),
        ({"limit_price": 101}, False),  # a touch is not enough
        ({"limit_price": 100}, True),
        ({"stop_price": 99}, True),
        ({"stop_price": 98}, False),
        ({"side": "buy", "kind": OrderKind.LIMIT, "limit_price": 99, "stop_price": None}, False),
        ({"side": "buy", "kind": OrderKind.LIMIT, "limit_price": 100, "stop_price": None}, True),
        ({"side": "buy", "kind": OrderKind.STOP, "limit_price": None, "stop_price": 101}, True),
        ({"side": "buy", "kind": OrderKind.STOP, "limit_price": None, "stop_price": 102}, False),
        ({"kind": OrderKind.MARKET, "limit_price": None, "stop_price": None}, True),
        ({"kind": OrderKind.STOP_LIMIT}, True),
        ({"time_in_force": TimeInForce.IOC}, True),
        ({"filled": "0.5"}, True),  # its stop may have been hit before
        ({"state": "cancelling", "stop_price": 99}, True),
        ({"state": "filled", "stop_price": 99}, False),
    ],
)
def test_an_account_is_nudged_when_a_second_may_concern_it(market, nudged, fields, reached):
    account = make_account()
    Order.objects.bulk_create([rest(account, market.product, **fields)])
    market.second(1, 100, 101, 99, 100, 5)
    assert nudged == ([account.pk] if reached else [])


def test_seconds_that_a_feed_has_had_nudge_nobody(market, nudged):
    account = make_account()
    Order.objects.bulk_create([rest(account, market.product, stop_price=99)])
    for _ in range(2):
        market.second(1, 100, 101, 99, 100, 5)
    assert nudged == [account.pk]


def test_a_bot_buys_at_the_first_trade_after_its_bar_and_is_stopped_in_the_second_that_reaches_it(scripted, market):
    account = make_account(limits=NO_LIMITS)
    make_bot(account, market.product, params={"stop": 0.05, "target": 0.1}, size_mode="quote", size=1000)
    market.commit(market.product, EventKind.OPEN, (100,))
    market.second(0, 100, 100, 100, 100, LONG)
    market.commit(market.product, EventKind.BAR, (100, 100, 100, 100, LONG))
    market.settle()
    market.now += 60
    assert Order.objects.get().state == "open"

    market.commit(market.product, EventKind.OPEN, (101,))
    orders_work(account.pk)
    assert not Fill.objects.exists()
    market.second(0, 101, 102, 101, 102, 1)
    orders_work(account.pk)
    market.second(1, 102, 120, 90, 100, 1)  # reaches stop and target
    orders_work(account.pk)
    fills = [(fill.order.purpose, float(fill.price), fill.reason, fill.bar) for fill in Fill.objects.order_by("pk")]
    assert fills == [("entry", 101, "market", 1), ("protect", 95.95, "stop", 1)]
