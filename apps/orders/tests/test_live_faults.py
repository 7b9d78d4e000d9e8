"""One order at a time on a sandbox exchange that misbehaves: whatever happens, both books end the same."""

import time
from decimal import Decimal

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone

from apps.orders.cancels import cancel_request
from apps.orders.models import Difference, Fill, Order
from apps.orders.recovery import account_tend, reconnected
from apps.orders.seats import seats
from apps.orders.tests.test_live import LiveDesk
from engine.kinds import OrderKind
from engine.orders.states import WORKING
from tradingsite.testing.live import live_venue
from tradingsite.testing.soak.comparison import compare
from tradingsite.testing.soak.people import Person

PLACE = {"method": "POST", "path": "/orders", "times": 1}
CANCEL = {"method": "POST", "path": "/orders/batch_cancel", "times": 1}
LIST = {"method": "GET", "path": "/orders/historical*"}
PATIENCE = 30  # seconds


@pytest.fixture
def desk(db, settings):
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    settings.NOT_FOUND_GRACE = 0.5
    with live_venue(settings) as venue:
        yield LiveDesk(venue)
    seats.leave()


def settled(desk):
    """Works until no order is on its way, as nudges and sweeps do."""
    deadline = time.monotonic() + PATIENCE
    busy = [state for state in WORKING if state != "open"]
    while Order.objects.filter(state__in=busy).exists():
        assert time.monotonic() < deadline, list(Order.objects.values_list("state", "message"))
        Order.objects.filter(state="pending").update(lease_until=None)  # no need to wait for the next try
        Order.objects.filter(state="cancelling").update(lease_until=timezone.now())
        desk.work()
        time.sleep(0.05)
    desk.work()
    return compare(desk.exchange, [Person("trader", desk.connection.owner, desk.account)])


@pytest.mark.parametrize(
    ("fault", "arrives"),
    [
        ("reset_after", True), ("server_error_after", True), ("reset", False), ("bad_gateway", False),
        ("unavailable", False), ("server_error", False),
    ],
)  # fmt: skip
def test_an_order_of_unknown_outcome_is_looked_up_and_never_sent_twice(desk, fault, arrives):
    desk.exchange.fault(fault, **PLACE)
    order = desk.order(kind=OrderKind.MARKET, quantity="0.5")
    desk.work()
    assert settled(desk).doubled == []
    assert desk.state(order) == ("filled" if arrives else "not_found")
    assert len(desk.exchange.orders()) == arrives
    assert Fill.objects.filter(order=order).exists() == arrives


@pytest.mark.parametrize("fault", ["rate_limited", "rate_limited_html"])
def test_what_was_surely_not_sent_is_sent_again_with_the_same_id(desk, fault):
    desk.exchange.fault(fault, **PLACE)
    order = desk.order(kind=OrderKind.MARKET, quantity="0.5")
    desk.work()
    assert settled(desk).all == []
    assert (desk.state(order), len(desk.exchange.orders())) == ("filled", 1)
    assert "not sent" in order.events.values_list("kind", flat=True)


def test_rows_that_are_listed_twice_are_posted_once(desk):
    desk.exchange.fault("double", **LIST)
    order = desk.order(kind=OrderKind.MARKET, quantity="0.5")
    desk.work()
    account_tend(desk.account.pk)
    assert settled(desk).all == []
    assert desk.state(order) == "filled"


def test_a_fill_that_is_listed_late_is_posted_before_its_order_ends(desk):
    desk.exchange.settings(fill_lag=1)
    order = desk.order(kind=OrderKind.MARKET, quantity="0.5")
    desk.work()
    assert (desk.state(order), order.filled) == ("open", 0)
    desk.exchange.settings(fill_lag=0)
    desk.work()
    assert desk.state(order) == "filled"
    assert settled(desk).all == []


def test_a_fill_that_overtakes_the_cancel_is_honoured(desk):
    order = desk.order(quantity="0.5", limit_price=Decimal(90))
    desk.work()
    desk.exchange.settings(cancel_lag=0.5)
    cancel_request(account=desk.account, order=order, why="by hand")
    desk.exchange.fault("reset_after", **CANCEL)
    desk.work()
    desk.exchange.price(89)
    assert settled(desk).all == []
    assert (desk.state(order), desk.exchange.orders()[0]["status"]) == ("filled", "FILLED")


def test_a_cancel_whose_answer_was_lost_is_asked_for_again_and_done_once(desk):
    order = desk.order(quantity="0.5")
    desk.work()
    desk.exchange.fault("reset_after", **CANCEL)
    cancel_request(account=desk.account, order=order, why="by hand")
    assert settled(desk).all == []
    assert (desk.state(order), desk.exchange.orders()[0]["status"]) == ("cancelled", "CANCELLED")


def test_updates_that_were_never_told_are_found_by_a_reconnect(desk):
    """Nobody heard of the fill: no nudge, no channel. The connection comes back."""
    order = desk.order(quantity="0.5")
    desk.work()
    desk.exchange.price(89)
    reconnected(desk.account.pk)
    account_tend(desk.account.pk)
    assert desk.state(order) == "filled"
    assert settled(desk).all == []


def test_a_stranger_on_the_portfolio_is_told_of_and_the_ledger_stays(desk):
    desk.work()
    stranger = desk.exchange.client()
    stranger.market_order_buy("stranger", "BTC-USD", base_size="0.25")
    resting = stranger.limit_order_gtc_sell("stranger-2", "BTC-USD", "0.25", "200")
    assert resting["success"]
    reconnected(desk.account.pk)
    account_tend(desk.account.pk)
    kinds = set(Difference.objects.filter(resolved=None).values_list("kind", flat=True))
    assert kinds == {"foreign_trade", "external_order"}
    assert not Fill.objects.exists()
