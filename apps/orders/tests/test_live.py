"""Orders with real money, on the sandbox: the whole way from the row to the ledger and back."""

from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts.connections.live import live_end
from apps.accounts.connections.services import connection_delete
from apps.accounts.locks import lock_account
from apps.accounts.models import ExchangeConnection, TradingAccount
from apps.ledger.selectors import balances, imbalance
from apps.orders.cancels import cancel_request
from apps.orders.estimates import Estimate
from apps.orders.freshness import troubles
from apps.orders.intents import Intent, order_create
from apps.orders.models import ExchangeCursor, Order
from apps.orders.polling import polling_sweep
from apps.orders.previews import previewed
from apps.orders.services import orders_work
from apps.orders.tickets import Ticket
from apps.risk.gates import GateLine
from engine.gates import Gate
from engine.kinds import OrderKind
from engine.orders.states import OrderState
from tradingsite.testing.live import live_venue

D = Decimal
ORDERS = {"method": "POST", "path": "/orders", "times": 1}


class LiveDesk:
    def __init__(self, venue):
        self.venue, self.exchange = venue, venue.exchange
        self.connection = venue.connect()
        self.account, self.product = venue.account(self.connection), venue.product()
        self._requests = count(1)

    def order(self, side="buy", kind=OrderKind.LIMIT, quantity="1", purpose="entry", **fields):
        if side == "buy":
            fields.setdefault("funds", D(200))
        if kind == OrderKind.LIMIT:
            fields.setdefault("limit_price", D(90))
        intent = Intent(
            request=f"test/{next(self._requests)}", holder="desk-1", product=self.product, purpose=purpose, side=side,
            kind=kind, quantity=D(quantity), **fields,
        )  # fmt: skip
        with transaction.atomic():
            return order_create(account=lock_account(self.account.pk), intent=intent)

    def own(self, quantity):
        order = self.order(kind=OrderKind.MARKET, quantity=quantity)
        self.work()
        assert self.state(order) == OrderState.FILLED

    def work(self):
        orders_work(self.account.pk)

    def state(self, order):
        order.refresh_from_db()
        return order.state

    def held(self, currency):
        return balances([self.account])[self.account.pk][currency]


@pytest.fixture
def desk(db, settings):
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with live_venue(settings) as venue:
        yield LiveDesk(venue)


def test_a_purchase_and_a_sale_are_posted_to_the_last_digit(desk):
    bought = desk.order(kind=OrderKind.MARKET, quantity="0.5")
    desk.work()
    assert desk.state(bought) == OrderState.FILLED
    sold = desk.order("sell", OrderKind.MARKET, "0.5", "exit", reason="signal")
    desk.work()
    assert desk.state(sold) == OrderState.FILLED
    truth = desk.exchange.balances()
    for currency in ("USD", "BTC"):
        available, held = truth[currency]
        assert abs(desk.held(currency).total - available - held) < D("1e-14")
    assert imbalance(desk.account) == {}
    assert desk.held("USD").held == desk.held("BTC").held == 0


def test_an_order_rests_is_cancelled_and_frees_its_hold(desk):
    order = desk.order()
    desk.work()
    assert (desk.state(order), bool(order.exchange_order_id), desk.held("USD").held) == (OrderState.OPEN, True, 200)
    with transaction.atomic():
        cancel_request(account=lock_account(desk.account.pk), order=order, why="by hand")
    desk.work()
    assert (desk.state(order), desk.held("USD").held) == (OrderState.CANCELLED, 0)


def test_a_refusal_is_told_in_words(desk):
    desk.exchange.fault("refuse", reason="PREVIEW_INSUFFICIENT_FUND", **ORDERS)
    order = desk.order()
    desk.work()
    assert desk.state(order) == OrderState.REJECTED
    assert order.message.startswith("funds must cover the order with its fee")


def test_an_order_that_fails_afterwards_tells_why(desk):
    desk.exchange.fault("fail", reason="TOO_MANY_OPEN_ORDERS", **ORDERS)
    order = desk.order()
    desk.work()
    assert desk.state(order) == OrderState.REJECTED
    assert order.message == "Too many orders are open in this product; Coinbase allows 500."


@pytest.mark.parametrize("fault", ["reset_after", "server_error_after"])
def test_an_order_whose_answer_was_lost_is_found_and_not_sent_again(desk, fault):
    desk.exchange.fault(fault, **ORDERS)
    order = desk.order()
    desk.work()
    desk.work()
    assert desk.state(order) == OrderState.OPEN
    assert len(desk.exchange.orders()) == 1


def test_an_order_that_never_arrived_is_not_sent_again_either(desk):
    desk.exchange.fault("reset", **ORDERS)
    order = desk.order()
    desk.work()
    assert desk.state(order) == OrderState.UNKNOWN
    assert desk.exchange.orders() == []
    Order.objects.update(submitted=timezone.now() - timedelta(minutes=5), queries=9)
    desk.work()
    assert desk.state(order) == OrderState.NOT_FOUND
    assert desk.exchange.orders() == []


def test_what_was_surely_not_sent_is_sent_again(desk):
    desk.exchange.fault("rate_limited", **ORDERS)
    order = desk.order()
    desk.work()
    Order.objects.filter(state=OrderState.PENDING).update(lease_until=None)
    desk.work()
    assert desk.state(order) == OrderState.OPEN
    assert list(order.events.values_list("kind", flat=True)).count("not sent") == 1
    assert len(desk.exchange.orders()) == 1


def test_an_order_whose_turn_came_too_late_is_not_sent(desk, settings):
    settings.ORDER_LEASE = -1.0
    order = desk.order()
    desk.work()
    assert desk.exchange.orders() == []
    assert desk.state(order) != OrderState.OPEN


def test_many_cancels_go_together(desk):
    orders = [desk.order(quantity="0.1", funds=D(10)) for _ in range(8)]
    desk.work()
    with transaction.atomic():
        account = lock_account(desk.account.pk)
        for order in orders:
            order.refresh_from_db()
            cancel_request(account=account, order=order, why="all of them")
    desk.exchange.fault("latency", path="/orders/batch_cancel", seconds=0)
    desk.work()
    desk.work()
    assert {desk.state(order) for order in orders} == {OrderState.CANCELLED}
    hits = desk.exchange.admin("GET", "/faults")
    assert hits["hits"]["latency"] == 1


def test_entries_are_denied_while_real_money_is_not_confirmed_and_exits_go_out(desk):
    desk.own("0.5")
    live_end(connection=desk.connection, by=desk.connection.owner)
    entry = desk.order()
    desk.work()
    assert (desk.state(entry), "live trading must be confirmed" in entry.message) == (OrderState.DENIED, True)
    exit_order = desk.order("sell", OrderKind.MARKET, "0.5", "exit", reason="manual")
    desk.work()
    assert desk.state(exit_order) == OrderState.FILLED


def test_a_broken_connection_sends_nothing_and_loses_nothing(desk):
    desk.own("0.5")
    order = desk.order("sell", OrderKind.MARKET, "0.5", "exit", reason="manual")
    ExchangeConnection.objects.update(state="broken")
    desk.work()
    assert desk.state(order) == OrderState.PENDING
    ExchangeConnection.objects.update(state="ok")
    Order.objects.update(lease_until=None)
    desk.work()
    assert desk.state(order) == OrderState.FILLED


def test_a_connection_stays_while_its_orders_work(desk):
    order = desk.order()
    desk.work()
    with pytest.raises(ValidationError, match="must have no working orders to be deleted, had 1"):
        connection_delete(connection=desk.connection, by=desk.connection.owner)
    with transaction.atomic():
        cancel_request(account=lock_account(desk.account.pk), order=order, why="by hand")
    desk.work()
    connection_delete(connection=desk.connection, by=desk.connection.owner)
    account = TradingAccount.objects.get(pk=desk.account.pk)
    assert account.connection is None
    orders_work(account.pk)  # asks nobody


def test_a_key_that_is_refused_is_doubted(desk):
    desk.exchange.fault("unauthorized", method="GET")
    desk.order()
    desk.work()
    desk.connection.refresh_from_db()
    assert desk.connection.doubted


def asked(desk, **fields):
    """An estimate of our own, of a limit order for one."""
    ticket = Ticket(side="buy", kind=OrderKind.LIMIT, quantity=D(1), limit_price=D(90), **fields)
    line = GateLine(int(Gate.EXCHANGE), "exchange", "Exchange", "pass", "yes", "yes", "the exchange takes orders", None)
    return Estimate(
        quantity=D(1), price=D(90), notional=D(90), fee=D(5), cost=D(95), total=D(95), slippage=D(0), makes=True,
        exposure_after=None, lines=[line], ticket=ticket,
    )  # fmt: skip


def test_an_order_by_hand_is_previewed_by_the_exchange(desk):
    told = previewed(desk.account, desk.product, asked(desk))
    assert (told.refusal, 0 < told.fee < 5, told.total) == ("", True, 90 + told.fee)
    assert desk.exchange.orders() == []
    desk.exchange.fault("refuse", reason="PREVIEW_INSUFFICIENT_FUND", path="/orders/preview")
    refused = previewed(desk.account, desk.product, asked(desk))
    assert refused.refusal.startswith("the exchange would refuse it: funds must cover the order")
    desk.exchange.mend()
    desk.exchange.fault("unavailable", path="/orders/preview")
    away = previewed(desk.account, desk.product, asked(desk))
    assert (away.refusal, away.fee) == ("", 5)
    assert away.warnings[0].startswith("The exchange could not be asked beforehand")


def test_accounts_are_read_often_while_orders_work_and_now_and_then_otherwise(desk, nudged):
    polling_sweep()
    assert nudged == [desk.account.pk]  # never read
    desk.work()
    nudged.clear()
    polling_sweep()
    assert nudged == []
    ExchangeCursor.objects.update(read=timezone.now() - timedelta(seconds=10))
    polling_sweep()
    assert nudged == []
    desk.order()
    polling_sweep()
    assert nudged == [desk.account.pk]
    nudged.clear()
    Order.objects.all().delete()
    ExchangeCursor.objects.update(read=timezone.now() - timedelta(seconds=70))
    polling_sweep()
    assert nudged == [desk.account.pk]


def test_silence_is_told(desk):
    now = timezone.now()
    assert len(troubles(desk.account, now)) == 2
    desk.work()
    assert troubles(desk.account, now) == ["The exchange's live channel is silent: changes show a few seconds later."]
    ExchangeCursor.objects.update(heard=now)
    assert troubles(desk.account, now) == []
    assert len(troubles(desk.account, now + timedelta(minutes=2))) == 2


@pytest.fixture
def nudged(monkeypatch):
    """Accounts that the sweep of live accounts nudges."""
    found = []
    monkeypatch.setattr("apps.orders.polling.nudge", lambda actor, account_id, queue: found.append(account_id))
    return found
