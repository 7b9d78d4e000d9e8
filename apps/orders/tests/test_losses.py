"""A day that has lost what it may buys nothing more, also by what rests already."""

import pytest

from apps.operations.models import AuditEntry
from apps.orders import losses
from apps.orders.losses import losses_sweep
from apps.orders.tests.hand import Hand, state
from engine.kinds import OrderKind
from tradingsite.testing.people import NO_LIMITS

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch):
    found = []
    monkeypatch.setattr(losses, "toast", lambda user_id, text, **_: found.append((user_id, text)))
    return found


@pytest.mark.parametrize("limit", [{"daily_loss": 0.05}, {"daily_loss_amount": 400}])
def test_what_rests_to_buy_is_cancelled_when_the_loss_reaches_its_limit(market, told, limit):
    hand = Hand(market, NO_LIMITS | limit)
    hand.own("40")  # of 100 at 100 each
    resting = hand.place("buy", OrderKind.LIMIT, limit_price="80")
    stop = hand.place("sell", OrderKind.STOP, quantity="40", stop_price="50")
    losses_sweep()
    assert (resting.refresh_from_db(), resting.cancel_requested, told) == (None, False, [])
    market.bars(86)  # 40 of them have lost 14 each, of 10,000
    losses_sweep()
    losses_sweep()
    market.settle()
    assert (state(resting), state(stop)) == ("cancelled", "open")
    assert told == [
        (hand.user.pk, "The day's loss has reached its limit: 1 order to buy is being cancelled,"
                       " no entries until the next day (UTC)")
    ]  # fmt: skip
    assert AuditEntry.objects.filter(action="limit.daily_loss").count() == 1


def test_without_a_limit_nothing_is_cancelled_however_much_is_lost(market, told):
    hand = Hand(market)
    hand.own("40")
    resting = hand.place("buy", OrderKind.LIMIT, limit_price="20")
    market.bars(30)
    losses_sweep()
    market.settle()
    assert (state(resting), told) == ("open", [])
