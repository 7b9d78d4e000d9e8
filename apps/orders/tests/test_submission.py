"""Orders are claimed, checked once more, sent outside any transaction, and the answer is written down."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.markets.models import Feed, MarketSession, Product
from apps.orders import cancelling, submission
from apps.orders.models import Order
from apps.risk.services import halt, release
from engine.kinds import EventKind, HaltLevel, OrderKind
from engine.orders.states import OrderState
from exchanges.port import Rejected, Unavailable, Unknown

D = Decimal


def test_it_sends_what_was_intended(desk):
    desk.own("2")
    order = desk.protect("1.5", limit="120", stop="90")
    desk.work()
    sent = desk.exchange.sent[-1]
    assert (sent.client_order_id, sent.symbol, sent.side) == (order.client_order_id, "BTC-USD", "sell")
    assert (sent.kind, sent.quantity, sent.limit_price, sent.stop_price) == (OrderKind.BRACKET, D("1.5"), 120, 90)
    assert desk.state(order) == "open"
    assert order.exchange_order_id == f"x-{order.client_order_id}"


@pytest.mark.parametrize("cancelled", [False, True])
def test_the_lease_begins_when_the_wait_for_the_account_is_over(desk, clock, monkeypatch, cancelled):
    order = desk.buy()
    if cancelled:
        desk.work()
        Order.objects.filter(pk=order.pk).update(cancel_requested=True)
    module, lock = cancelling if cancelled else submission, submission.lock_account

    def wait(account_id):
        clock.shift(settings.ORDER_LEASE - 1)
        return lock(account_id)

    monkeypatch.setattr(module, "lock_account", wait)
    (claim,) = (cancelling._claim if cancelled else submission._claim_orders)(desk.account.pk)
    assert claim.lease_until == timezone.now() + timedelta(seconds=settings.ORDER_LEASE)


def test_no_transaction_is_open_while_it_sends(desk, monkeypatch, django_capture_on_commit_callbacks):
    outside = len(connection.savepoint_ids)  # the test's own
    seen = []
    place, cancel = desk.exchange.place, desk.exchange.cancel
    monkeypatch.setattr(
        desk.exchange, "place", lambda order: seen.append(len(connection.savepoint_ids)) or place(order)
    )
    monkeypatch.setattr(desk.exchange, "cancel", lambda key: seen.append(len(connection.savepoint_ids)) or cancel(key))
    order = desk.buy()
    desk.work()
    Order.objects.filter(pk=order.pk).update(cancel_requested=True)
    desk.work()
    assert seen == [outside, outside]


def test_a_refusal_is_final_and_its_words_are_kept(desk):
    desk.exchange.will_answer(Rejected("quantity must be at least 1, was 0.5"))
    order = desk.buy()
    desk.work()
    assert (desk.state(order), order.message) == ("rejected", "quantity must be at least 1, was 0.5")
    assert desk.held() == 0
    desk.work()
    assert len(desk.exchange.sent) == 1


def test_what_surely_was_not_sent_is_sent_again_a_little_later(desk, clock):
    desk.exchange.will_answer(Unavailable("connection refused"))
    order = desk.buy()
    desk.work()
    assert (desk.state(order), order.message) == ("pending", "connection refused")
    assert (len(desk.exchange.sent), desk.held()) == (1, 110)
    desk.work()
    assert len(desk.exchange.sent) == 1
    clock.shift(1.1)
    desk.work()
    assert desk.state(order) == "open"
    assert [each.client_order_id for each in desk.exchange.sent] == [order.client_order_id] * 2


def test_an_entry_that_cannot_be_sent_in_time_is_dropped(desk, clock):
    order = desk.buy()
    for _ in range(5):
        desk.exchange.will_answer(Unavailable("connection refused"))
        desk.work()
        clock.shift(15)
    desk.work()
    assert (desk.state(order), order.message) == (
        "denied",
        "was not sent in time: the price it was decided on is too old",
    )
    assert (desk.held(), len(desk.exchange.sent)) == (0, 5)


def test_an_entry_whose_market_has_moved_on_is_dropped(desk):
    desk.market.commit(desk.product, EventKind.OPEN, [100])
    at = desk.market.session.opened.fromtimestamp(desk.market.now, tz=desk.market.session.opened.tzinfo)
    fresh, stale = desk.buy(decided=at), desk.buy(decided=at - timedelta(seconds=61))
    desk.work()
    assert (desk.state(fresh), desk.state(stale)) == ("open", "denied")


def test_an_exit_waits_as_long_as_it_takes(desk, clock):
    desk.own("1")
    order = desk.exit("1")
    desk.exchange.will_answer(Unavailable("connection refused"))
    desk.work()
    clock.shift(3600)
    desk.work()
    assert desk.state(order) == "open"


def test_an_unknown_outcome_is_looked_up_and_never_sent_again(desk):
    desk.exchange.will_answer(Unknown("timeout"), arrives=True)
    order = desk.buy()
    desk.work()
    assert desk.state(order) == "open"
    assert "outcome unknown" in desk.events(order)
    assert len(desk.exchange.sent) == 1


def test_an_unknown_outcome_stays_unknown_while_the_exchange_is_away(desk):
    desk.exchange.will_answer(Unknown("timeout"), arrives=True)
    desk.exchange.failure = Unavailable("no route to host")
    order = desk.buy()
    for _ in range(3):
        desk.work()
    assert (desk.state(order), order.queries, desk.held(), len(desk.exchange.sent)) == ("unknown", 0, 110, 1)
    desk.exchange.failure = None
    desk.work()
    assert desk.state(order) == "open"


@pytest.mark.parametrize("level", [HaltLevel.ENTRIES, HaltLevel.ORDERS, HaltLevel.FLATTEN])
def test_a_halt_is_checked_again_before_an_entry_is_sent(desk, level):
    order = desk.buy()
    halt(scope="site", level=level, reason="test", by=None)
    desk.work()
    assert (desk.state(order), order.message) == ("denied", "a halt is in force: no entries")
    assert (desk.exchange.sent, desk.held()) == ([], 0)


def test_an_entry_of_a_paused_user_is_not_sent(desk):
    order = desk.buy()
    owner = desk.account.owner
    owner.paused_at = desk.market.session.opened
    owner.save()
    desk.work()
    assert desk.state(order) == "denied"


@pytest.mark.parametrize(
    ("level", "purpose", "reason", "sent"),
    [
        (HaltLevel.ENTRIES, "protect", "", True),
        (HaltLevel.ENTRIES, "exit", "signal", True),
        (HaltLevel.ORDERS, "protect", "", False),
        (HaltLevel.ORDERS, "exit", "signal", False),
        (HaltLevel.ORDERS, "exit", "manual", True),
        (HaltLevel.FLATTEN, "protect", "", False),
        (HaltLevel.FLATTEN, "exit", "signal", True),
        (HaltLevel.FLATTEN, "exit", "halt", True),
    ],
)
def test_a_halt_lets_through_what_its_level_allows(desk, level, purpose, reason, sent):
    desk.own("1")
    order = desk.protect("1") if purpose == "protect" else desk.exit("1", reason=reason)
    halt(scope="account", account=desk.account, level=level, reason="test", by=None)
    desk.work()
    assert desk.state(order) == ("open" if sent else "denied")
    if not sent:
        assert order.message == "a halt is in force: no orders"
        assert desk.held("BTC") == 0


def test_a_released_halt_stops_nothing(desk):
    order = desk.buy()
    release(halt=halt(scope="site", level=3, reason="test", by=None), by=None, reason="over")
    desk.work()
    assert desk.state(order) == "open"


def test_an_entry_in_a_market_that_is_not_online_is_denied_and_a_sale_waits_for_it(desk):
    desk.own("1")
    entry, sale = desk.buy(), desk.exit("1")
    Product.objects.update(status="halted")
    desk.work()
    assert (desk.state(entry), entry.message) == ("denied", "BTC-USD must be online, was halted")
    assert desk.state(sale) == "pending"
    Product.objects.update(status="online")
    desk.work()
    assert desk.state(sale) == "open"


def test_a_live_market_that_has_fallen_silent_takes_no_entry_and_lets_a_sale_through(desk, clock):
    desk.own("1")
    MarketSession.objects.update(simulated=False)
    entry, sale = desk.buy(), desk.exit("1")
    Feed.objects.update(heard=timezone.now() - timedelta(seconds=11))
    desk.work()
    assert (desk.state(entry), entry.message) == ("denied", "the market has been silent for too long: no entries")
    assert desk.state(sale) == "open"
    Feed.objects.update(heard=timezone.now() - timedelta(seconds=9))
    fresh = desk.buy()
    desk.work()
    assert desk.state(fresh) == "open"


def test_a_cancel_before_the_sending_sends_nothing(desk):
    order = desk.buy()
    Order.objects.update(cancel_requested=True)
    desk.work()
    assert (desk.state(order), desk.exchange.sent, desk.held()) == ("cancelled", [], 0)


def test_a_cancel_is_sent_until_the_exchange_shows_its_effect(desk, clock):
    order = desk.buy()
    desk.work()
    Order.objects.update(cancel_requested=True)
    desk.exchange.failure = Unknown("timeout")
    desk.work()
    assert (desk.state(order), len(desk.exchange.cancels)) == ("cancelling", 1)
    desk.exchange.failure = None
    desk.work()  # an older report still shows it open
    assert (desk.state(order), len(desk.exchange.cancels)) == ("cancelling", 1)
    clock.shift(16)
    desk.work()
    assert (desk.state(order), len(desk.exchange.cancels)) == ("cancelled", 2)


def test_a_fill_before_the_cancel_is_honoured(desk):
    order = desk.buy()
    desk.work()
    Order.objects.update(cancel_requested=True)
    desk.exchange.fill(order.client_order_id, "1", "100", state=OrderState.FILLED)
    desk.work()
    assert (desk.state(order), desk.position()) == ("filled", 1)
