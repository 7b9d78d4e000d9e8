"""Carrying out a halt: it waits until every order is cancelled and, where asked for, every position sold."""

from datetime import timedelta

import pytest

from apps.orders.halts import halts_sweep
from apps.orders.models import Order
from apps.orders.submission import _claim_orders
from apps.risk.models import Halt
from apps.risk.services import halt, release
from engine.kinds import HaltLevel
from engine.orders.states import OrderState
from exchanges.port import Unavailable
from tradingsite.testing.people import make_account

ENTRIES, ORDERS, FLATTEN = HaltLevel.ENTRIES, HaltLevel.ORDERS, HaltLevel.FLATTEN


def pull(desk, level, **scope):
    return halt(**({"scope": "account", "account": desk.account} | scope), level=level, reason="test", by=None)


def is_done(row):
    row.refresh_from_db()
    return row.swept


def test_a_halt_of_entries_has_nothing_to_carry_out(desk):
    resting = desk.buy()
    desk.work()
    assert is_done(pull(desk, ENTRIES))
    assert halts_sweep() == 0
    assert desk.state(resting) == "open"


@pytest.mark.parametrize("level", [ORDERS, FLATTEN])
def test_every_order_is_cancelled(desk, level):
    desk.own("1", holder="desk-2")
    orders = [desk.buy(), desk.protect("1", holder="desk-2")]
    desk.work()
    orders.append(desk.buy())
    row = pull(desk, level)
    halts_sweep()
    assert [desk.state(order) for order in orders] == ["cancelled", "cancelled", "cancelled"]
    assert is_done(row) == (level == ORDERS)
    assert Order.objects.filter(purpose="exit").count() == (1 if level == FLATTEN else 0)


def test_a_flattening_halt_is_done_when_everything_is_sold(desk):
    desk.own("1")
    row = pull(desk, FLATTEN)
    assert halts_sweep() == 0
    sale = Order.objects.get(purpose="exit")
    assert (sale.reason, sale.state) == ("halt", "open")
    halts_sweep()
    assert Order.objects.filter(purpose="exit").count() == 1
    desk.exchange.fill(sale.client_order_id, "1", "95", state=OrderState.FILLED)
    assert halts_sweep() == 1
    assert is_done(row)
    assert desk.position() == 0


def test_an_entry_that_was_on_its_way_is_sold_too(desk):
    entry = desk.buy()
    _claim_orders(desk.account.pk)
    row = pull(desk, FLATTEN)
    halts_sweep()
    assert not is_done(row)
    desk.exchange.show(entry.client_order_id, OrderState.OPEN)
    desk.exchange.fill(entry.client_order_id, "1", "100", state=OrderState.FILLED)
    Order.objects.update(lease_until=row.at - timedelta(seconds=1))  # its sender died
    halts_sweep()
    halts_sweep()
    sale = Order.objects.get(purpose="exit")
    desk.exchange.fill(sale.client_order_id, "1", "95", state=OrderState.FILLED)
    halts_sweep()
    halts_sweep()
    assert (desk.position(), is_done(row)) == (0, True)


def test_a_refused_sale_is_tried_again_after_a_while(desk, clock):
    desk.own("1")
    pull(desk, FLATTEN)
    halts_sweep()
    desk.exchange.show(Order.objects.get(purpose="exit").client_order_id, OrderState.REJECTED)
    for _ in range(3):
        halts_sweep()
    assert Order.objects.filter(purpose="exit").count() == 1
    clock.shift(11)
    halts_sweep()
    assert list(Order.objects.filter(purpose="exit").values_list("state", flat=True)) == ["open", "rejected"]


def test_it_waits_while_the_exchange_is_away(desk):
    order = desk.buy()
    desk.work()
    desk.exchange.failure = Unavailable("away")
    row = pull(desk, ORDERS)
    assert halts_sweep() == 0
    desk.exchange.failure = None
    desk.exchange.cancel(order.client_order_id)
    halts_sweep()
    halts_sweep()
    assert is_done(row)


def test_a_released_halt_is_not_carried_out(desk):
    order = desk.buy()
    desk.work()
    release(halt=pull(desk, ORDERS), by=None, reason="a mistake")
    assert halts_sweep() == 0
    assert desk.state(order) == "open"


@pytest.mark.parametrize("scope", ["site", "venue", "user", "account"])
def test_a_halt_reaches_the_accounts_of_its_scope_alone(desk, scope):
    fields = {"venue": {"venue": "replay"}, "user": {"user": desk.account.owner}}.get(scope, {})
    order = desk.buy()
    desk.work()
    row = pull(desk, ORDERS, scope=scope, **({} if scope == "account" else {"account": None}), **fields)
    halts_sweep()
    halts_sweep()
    assert (desk.state(order), is_done(row)) == ("cancelled", True)


def test_a_halt_elsewhere_leaves_the_account_alone(desk):
    order = desk.buy()
    desk.work()
    other = make_account()
    pull(desk, ORDERS, account=other)
    pull(desk, ORDERS, scope="user", account=None, user=other.owner)
    halts_sweep()
    assert desk.state(order) == "open"
    assert Halt.objects.filter(swept=True).count() == 2
