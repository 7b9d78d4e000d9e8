"""Two workers at once, on connections of their own."""

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection

from apps.orders.services import orders_work
from apps.orders.tests.desk import Desk


@pytest.fixture
def desk(transactional_db, monkeypatch):
    return Desk(monkeypatch)


def work_at_once(account_id, workers=4):
    barrier = threading.Barrier(workers)

    def work():
        try:
            barrier.wait()
            orders_work(account_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        for future in [pool.submit(work) for _ in range(workers)]:
            future.result()


def test_an_order_is_sent_once_however_many_work_at_it(desk):
    orders = [desk.buy(quantity="0.1", funds="11") for _ in range(5)]
    work_at_once(desk.account.pk)
    sent = [each.client_order_id for each in desk.exchange.sent]
    assert sorted(sent) == sorted(order.client_order_id for order in orders)
    assert {desk.state(order) for order in orders} == {"open"}


def test_a_fill_is_posted_once_however_many_read_it(desk):
    order = desk.buy()
    desk.work()
    for price in ("100", "101"):
        desk.exchange.fill(order.client_order_id, "0.3", price)
    work_at_once(desk.account.pk)
    order.refresh_from_db()
    assert (order.fills.count(), order.filled, desk.position()) == (2, Decimal("0.6"), Decimal("0.6"))
    numbers = list(order.events.values_list("seq", flat=True))
    assert numbers == sorted(set(numbers))
