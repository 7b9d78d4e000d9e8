"""The kill switch with real money, on a sandbox exchange that misbehaves: nothing is said to be over before it is."""

from datetime import timedelta
from decimal import Decimal

import pytest
from cryptography.fernet import Fernet
from django.urls import reverse
from django.utils import timezone

from apps.operations.models import AuditEntry
from apps.orders import watchman
from apps.orders.cancelling import HEARD
from apps.orders.halts import halts_sweep
from apps.orders.models import Order, Reconciled
from apps.orders.seats import seats
from apps.orders.tests.test_live import LiveDesk
from apps.orders.watchman import LOOK, PAUSE, Watchman, look
from apps.risk.models import Halt
from apps.risk.services import halt
from engine.kinds import HaltLevel
from engine.orders.states import OrderState
from tradingsite.testing.api import Caller
from tradingsite.testing.live import live_venue
from tradingsite.testing.people import make_user

CANCELS = {"method": "POST", "path": "/orders/batch_cancel"}
READS = {"method": "GET", "path": "/orders/*"}
MANY = 5


@pytest.fixture
def desk(db, settings):
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with live_venue(settings) as venue:
        yield LiveDesk(venue)
    seats.leave()


@pytest.fixture
def told(monkeypatch):
    """Toasts that were sent: user and text."""
    found = []
    for module in ("apps.risk.services", "apps.orders.halts"):
        monkeypatch.setattr(f"{module}.toast", lambda user_id, text, *_, **__: found.append((user_id, text)))
    return found


def resting(desk, count=MANY):
    prices = [Decimal(50 + number) for number in range(count)]
    orders = [desk.order(quantity="0.1", limit_price=price, funds=Decimal(10)) for price in prices]
    desk.work()
    assert open_at(desk.exchange) == count
    return orders


def open_at(exchange):
    return sum(row["status"] in ("OPEN", "PENDING", "QUEUED", "CANCEL_QUEUED") for row in exchange.orders())


def pull(desk, level=HaltLevel.ORDERS):
    return halt(scope="account", account=desk.account, level=level, reason="enough", by=None)


def again():
    """The time is over after which a cancel is sent once more."""
    Order.objects.filter(state="cancelling").update(lease_until=timezone.now() - timedelta(seconds=1))


def by_page(desk, client):
    desk.account.owner.confirm_address()
    client.force_login(desk.account.owner)
    client.post(reverse("risk:halt"), {"level": "2"})


def by_api(desk, client):
    assert Caller(desk.account.owner).post("halts/", {"account": desk.account.pk, "level": "orders"}).status_code == 201


def by_operator(desk, client):
    halt(scope="site", level=HaltLevel.ORDERS, reason="storm", by=make_user(is_staff=True))


@pytest.mark.parametrize("trigger", [by_page, by_api, by_operator])
def test_whoever_pulls_it_every_order_is_cancelled_at_the_exchange(desk, client, told, trigger):
    orders = resting(desk)
    trigger(desk, client)
    assert look() == PAUSE
    assert open_at(desk.exchange) == 0
    desk.work()
    assert {desk.state(order) for order in orders} == {"cancelled"}
    assert look() == LOOK
    assert told[-1] == (desk.account.owner_id, "The halt is carried out: 5 of 5 orders cancelled")
    assert AuditEntry.objects.filter(action__startswith="halt.").count() == 1


@pytest.mark.parametrize(
    "fault", ["rate_limited", "rate_limited_html", "server_error", "bad_gateway", "reset", "unauthorized"]
)
def test_what_the_exchange_does_not_take_is_sent_again_and_nobody_is_told_before(desk, client, told, fault):
    resting(desk)
    desk.exchange.fault(fault, **CANCELS, times=2)
    by_page(desk, client)
    row = Halt.objects.get()
    for _ in range(2):
        assert look() == PAUSE
        desk.work()
        again()
        assert open_at(desk.exchange) == MANY
        assert "0 of 5 orders cancelled" in client.get(reverse("risk:halts")).content.decode()
    row.refresh_from_db()
    assert (row.swept, told) == (False, [])
    assert look() == PAUSE
    desk.work()
    assert (open_at(desk.exchange), look()) == (0, LOOK)
    assert "Carried out: 5 of 5 orders cancelled" in client.get(reverse("risk:halts")).content.decode()
    assert len(told) == 1


def test_a_cancel_whose_answer_was_lost_is_found_to_have_worked(desk, told):
    resting(desk)
    desk.exchange.fault("reset_after", **CANCELS, times=1)
    pull(desk)
    look()
    assert (open_at(desk.exchange), len(told)) == (0, 1)  # the owner knows of the halt, not of its end
    desk.work()
    assert look() == LOOK
    assert "5 of 5 orders cancelled" in told[-1][1]


def test_an_exchange_that_cannot_be_read_is_still_told_to_cancel(desk, told):
    resting(desk)
    seats.leave()  # another process would have to read everything before it trades
    desk.exchange.fault("server_error", **READS)
    row = pull(desk)
    look()
    desk.work()
    assert open_at(desk.exchange) == 0
    assert Reconciled.objects.get(account=desk.account).message
    row.refresh_from_db()
    assert not row.swept
    desk.exchange.mend()
    desk.work()
    assert look() == LOOK


def test_an_order_that_is_slow_to_end_is_told_again_and_waited_for(desk, told):
    (order,) = resting(desk, 1)
    desk.exchange.settings(cancel_lag=3600)
    row = pull(desk)
    look()
    desk.work()
    assert desk.state(order) == OrderState.CANCELLING
    assert order.lease_until <= timezone.now() + HEARD
    row.refresh_from_db()
    assert not row.swept


def test_an_order_that_the_exchange_does_not_know_keeps_the_halt_waiting(desk, told):
    first, lost = resting(desk, 2)
    Order.objects.filter(pk=lost.pk).update(state=OrderState.NOT_FOUND)
    row = pull(desk)
    look()
    Order.objects.filter(pk=first.pk).update(state=OrderState.CANCELLED, finished=timezone.now())
    halts_sweep()
    row.refresh_from_db()
    assert not row.swept
    told_now = Caller(desk.account.owner).get(f"halts/{row.pk}/").json()["progress"]
    assert told_now == {"orders": 2, "cancelled": 1, "over": 1, "unclear": 1}
    desk.work()  # it turns up at the exchange after all
    look()
    assert open_at(desk.exchange) == 0


def test_cancels_leave_a_hundred_at_a_time_and_are_not_looked_up_before(desk, monkeypatch):
    resting(desk, 7)
    monkeypatch.setattr("apps.orders.cancelling.AT_ONCE", 5)
    desk.exchange.fault("server_error", method="GET", path="*")
    desk.exchange.fault("rate_limited", **CANCELS, skip=1, times=1)
    pull(desk)
    look()
    assert open_at(desk.exchange) == 2  # of the second request
    again()
    look()
    assert open_at(desk.exchange) == 0


def test_a_watchman_that_dies_ends_its_worker(monkeypatch):
    ended = []
    monkeypatch.setattr(watchman, "look", lambda: 1 / 0)
    monkeypatch.setattr(watchman, "close_old_connections", lambda: None)
    monkeypatch.setattr(watchman.os, "kill", lambda *which: ended.append(which))
    with pytest.raises(ZeroDivisionError):
        Watchman()._run()
    assert len(ended) == 1
