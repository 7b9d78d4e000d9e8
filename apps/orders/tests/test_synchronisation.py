"""Reading an exchange that has nothing new changes nothing and keeps nobody waiting."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.locks import lock_account
from apps.orders import synchronisation
from apps.orders.changes import report_apply, report_is_news
from apps.orders.models import ExchangeCursor, Fill, Order, ProductCursor
from apps.orders.synchronisation import synchronise
from engine.orders.states import OrderState
from exchanges.port import OrderReport


def test_an_exchange_without_news_is_read_without_a_lock(desk):
    desk.buy()
    desk.work()
    desk.exchange.positions = {"BTC-USD": 10**18 + 1}
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert synchronise(desk.account) is False
    assert not [query for query in queries if "FOR UPDATE" in query["sql"]]
    assert ProductCursor.objects.get().caught_up == 10**18 + 1


def test_how_far_it_has_read_never_goes_back(desk):
    desk.buy()
    desk.work()
    desk.exchange.positions = {"BTC-USD": 5}
    synchronise(desk.account)
    assert ProductCursor.objects.get().caught_up == 10**18


def test_fills_that_another_posts_meanwhile_hide_no_end(desk, monkeypatch):
    """The other read the fills, then the exchange ended the order: this one must see that."""
    order = desk.buy()
    desk.work()
    catch_up = desk.exchange.catch_up

    def race():
        monkeypatch.setattr(desk.exchange, "catch_up", catch_up)
        desk.exchange.fill(order.client_order_id, "1", "100")
        synchronise(desk.account)
        assert desk.state(order) == "open"
        desk.exchange.show(order.client_order_id, OrderState.FILLED, Decimal(1))
        return catch_up()

    monkeypatch.setattr(desk.exchange, "catch_up", race)
    assert synchronise(desk.account) is True
    assert desk.state(order) == "filled"


@pytest.mark.parametrize("state", list(OrderState))
@pytest.mark.parametrize("known", ["", "x-1"])
def test_news_is_what_would_change_the_order(desk, state, known):
    order = desk.buy()
    for shown in OrderState:
        for filled in (Decimal(0), Decimal("0.5")):
            Order.objects.filter(pk=order.pk).update(state=state, exchange_order_id=known)
            row = Order.objects.select_related("product").get(pk=order.pk)
            report = OrderReport(order.client_order_id, "x-1", shown, filled)
            before = looks(row)
            news = report_is_news(row, report)
            report_apply(lock_account(desk.account.pk), row, report)
            assert news == (looks(row) != before), (shown, filled)


def looks(order):
    order.refresh_from_db()
    return order.state, order.exchange_order_id, order.events.count()


def test_of_much_that_happened_each_part_is_kept_for_itself(desk, monkeypatch):
    """Hours of fills are no single transaction: nobody else would get the account before its end."""
    monkeypatch.setattr("apps.orders.synchronisation.AT_ONCE", 2)
    orders = [desk.buy("1", "110") for _ in range(5)]
    desk.work()
    for order in orders:
        desk.exchange.fill(order.client_order_id, "1", "100", state=OrderState.FILLED)
    apply, posted = synchronisation.fill_apply, []

    def interrupted(account, order, report):
        if len(posted) == 4:
            raise RuntimeError("the process ends here")
        posted.append(order.pk)
        return apply(account, order, report)

    monkeypatch.setattr(synchronisation, "fill_apply", interrupted)
    with pytest.raises(RuntimeError):
        synchronise(desk.account)
    assert Fill.objects.count() == 4
    assert ExchangeCursor.objects.get(account=desk.account).fills == desk.exchange.fills[3].cursor
    monkeypatch.setattr(synchronisation, "fill_apply", apply)
    assert synchronise(desk.account) is True
    assert [desk.state(order) for order in orders] == ["filled"] * 5
    assert Fill.objects.count() == 5
