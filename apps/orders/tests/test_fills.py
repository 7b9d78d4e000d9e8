"""What the exchange reports becomes fills and states: once, in every state, and late ones win."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.locks import lock_account
from apps.accounts.models import TradingAccount
from apps.ledger.models import Position
from apps.ledger.selectors import imbalance
from apps.orders.cancels import cancel_request
from apps.orders.changes import fill_apply, report_apply
from apps.orders.models import Difference, Fill, Order
from engine.orders.states import OrderState
from exchanges.port import OrderReport, Unknown
from tradingsite.testing.exchange import AT

D = Decimal


def sent(desk, **fields):
    order = desk.buy(**fields)
    desk.work()
    return order


def test_a_fill_posts_money_position_and_words(desk):
    order = sent(desk, funds="110")
    desk.exchange.fill(order.client_order_id, "1", "100.5", state=OrderState.FILLED, fee="0.603")
    desk.work()
    fill = Fill.objects.get()
    assert (fill.price, fill.quantity, fill.fee) == (D("100.5"), 1, D("0.603"))
    order.refresh_from_db()
    assert (order.filled, order.average_price, order.fees) == (1, D("100.5"), D("0.603"))
    assert (desk.total("USD"), desk.total("BTC"), desk.held()) == (D("898.897"), 1, 0)
    position = Position.objects.get()
    assert (position.quantity, position.entry_price, position.fees) == (1, D("100.5"), D("0.603"))
    assert imbalance(desk.account) == {}
    assert fill.seq in set(order.events.values_list("seq", flat=True))


def test_a_fill_that_is_reported_twice_is_posted_once(desk):
    order = sent(desk)
    report = desk.exchange.fill(order.client_order_id, "0.4", "100")
    desk.work()
    account = lock_account(desk.account.pk)
    order.refresh_from_db()
    assert fill_apply(account, order, report) is None
    desk.work()
    assert (Fill.objects.count(), desk.position()) == (1, D("0.4"))


def test_an_order_counts_as_open_until_its_fills_are_posted(desk):
    order = sent(desk)
    desk.exchange.show(order.client_order_id, OrderState.FILLED, D(1))
    desk.work()
    assert desk.state(order) == "open"
    desk.exchange.show(order.client_order_id, OrderState.OPEN, D(0))
    desk.exchange.fill(order.client_order_id, "1", "100", state=OrderState.FILLED)
    desk.work()
    assert desk.state(order) == "filled"


@pytest.mark.parametrize("ending", [OrderState.CANCELLED, OrderState.EXPIRED])
def test_a_late_fill_is_posted_and_wins(desk, ending):
    order = sent(desk)
    desk.exchange.show(order.client_order_id, ending)
    desk.work()
    assert (desk.state(order), desk.held()) == (ending, 0)
    desk.exchange.fill(order.client_order_id, "1", "100", state=OrderState.FILLED)
    desk.work()
    assert (desk.state(order), desk.position(), desk.total()) == ("filled", 1, 900)
    assert imbalance(desk.account) == {}


def test_a_late_part_is_posted_and_the_order_stays_over(desk):
    order = sent(desk)
    desk.exchange.show(order.client_order_id, OrderState.CANCELLED)
    desk.work()
    desk.exchange.fill(order.client_order_id, "0.25", "100")
    desk.work()
    assert (desk.state(order), desk.position()) == ("cancelled", D("0.25"))


def test_a_stale_report_is_counted_and_changes_nothing(desk):
    order = sent(desk)
    desk.exchange.fill(order.client_order_id, "1", "100", state=OrderState.FILLED)
    desk.work()
    account = lock_account(desk.account.pk)
    order.refresh_from_db()
    report_apply(account, order, OrderReport(order.client_order_id, "x", OrderState.CANCELLED, D(1)))
    assert desk.state(order) == "filled"
    event = order.events.last()
    assert (event.kind, event.from_state, event.detail) == ("stale report", "filled", {"shown": "cancelled"})


def test_an_order_is_never_filled_beyond_what_was_asked(desk):
    order = sent(desk, quantity="1", funds="500")
    report = desk.exchange.fill(order.client_order_id, "1.00000001", "100")
    with pytest.raises(IntegrityError, match="order_not_overfilled"), transaction.atomic():
        fill_apply(lock_account(desk.account.pk), Order.objects.get(), report)
    assert (desk.position(), desk.total()) == (0, 1000)


def test_a_fill_of_no_order_of_ours_is_kept_for_a_person_and_not_posted(desk):
    order = sent(desk)
    stranger = uuid4()
    desk.exchange.show(stranger, OrderState.OPEN)
    desk.exchange.fill(stranger, "5", "1", state=OrderState.FILLED)
    desk.exchange.fill(order.client_order_id, "1", "100", state=OrderState.FILLED)
    TradingAccount.objects.update(created=AT)
    desk.work()
    kept = Difference.objects.get()
    assert (kept.kind, kept.subject, kept.confirmed is not None) == ("foreign_trade", "trade t1", True)
    assert (desk.state(order), desk.total()) == ("filled", 900)


def test_an_order_that_fails_at_the_exchange_while_we_cancel_it_ends(desk):
    order = sent(desk)
    desk.exchange.failure = Unknown("the answer to the cancel was lost")
    with transaction.atomic():
        cancel_request(account=lock_account(desk.account.pk), order=order, why="by hand")
    desk.work()
    assert desk.state(order) == "cancelling"
    desk.exchange.failure = None
    desk.exchange.show(order.client_order_id, OrderState.REJECTED)
    desk.work()
    assert (desk.state(order), desk.held()) == ("rejected", 0)


def test_a_fill_of_before_a_reset_moves_no_money_of_today(desk):
    order = sent(desk)
    desk.account.refresh_from_db()
    desk.account.generation += 1
    desk.account.save()
    desk.exchange.fill(order.client_order_id, "1", "100", state=OrderState.FILLED)
    desk.work()
    assert (desk.total(), Fill.objects.count(), desk.position()) == (1000, 0, 0)
    assert "fill after reset" in desk.events(order)


def test_fills_are_read_on_from_where_the_last_reading_ended(desk):
    order = sent(desk)
    for quantity in ("0.1", "0.2"):
        desk.exchange.fill(order.client_order_id, quantity, "100")
        desk.work()
    desk.account.exchange_cursor.refresh_from_db()
    assert (desk.account.exchange_cursor.fills, Fill.objects.count()) == (2, 2)
