"""Decisions on a market that happens now: late bars are missed, silence keeps from entries, exits go on."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.bots.tests.desk import blocked_by, last
from apps.ledger.models import Position
from apps.markets.models import Feed, MarketSession
from apps.orders.models import Order
from engine.gates import Gate
from engine.kinds import EventKind, Verdict
from tradingsite.testing.people import make_bot
from tradingsite.testing.scripted import LONG, QUIET

pytestmark = pytest.mark.django_db
MINUTE = 60


@pytest.fixture
def live(market, clock):
    """The market of the test as a real one, on time: each bar closes a second ago."""
    MarketSession.objects.update(simulated=False)
    market.session.refresh_from_db()

    def bar(price, volume=QUIET, delay=1.0):
        clock.move_to(datetime.fromtimestamp(market.now + MINUTE + delay, UTC), tick=False)
        Feed.objects.update(heard=timezone.now())
        market.bar(price, volume=volume)

    return bar


def test_a_bar_on_time_is_decided_on(live, market, account):
    bot = make_bot(account, market.product)
    live(100, LONG)
    assert last(bot).verdict == Verdict.ENTER


def test_a_bar_that_comes_a_minute_after_its_close_is_missed(live, market, account):
    bot = make_bot(account, market.product)
    live(100, LONG, delay=MINUTE)
    assert last(bot).verdict == Verdict.MISSED
    assert not Order.objects.exists()


def test_a_longer_bar_may_come_later(live, market, account):
    bot = make_bot(account, market.product, timeframe=300)
    for _ in range(4):
        live(100, 0.0)
    live(100, LONG, delay=2 * MINUTE)
    assert last(bot).verdict == Verdict.ENTER


def test_a_position_is_left_on_a_bar_that_comes_late(live, market, account):
    bot = make_bot(account, market.product, params={"hold": 60})
    live(100, LONG)
    live(100)
    live(100, delay=2 * MINUTE)
    live(100)
    assert last(bot).at
    assert Position.objects.get().closed


def test_a_silent_market_is_not_entered(live, market, account, clock):
    bot = make_bot(account, market.product)
    clock.move_to(datetime.fromtimestamp(market.now + MINUTE + 1, UTC), tick=False)
    Feed.objects.update(heard=timezone.now() - timedelta(seconds=121))
    market.commit(market.product, EventKind.OPEN, [100])
    market.commit(market.product, EventKind.BAR, [100, 100, 100, 100, LONG])
    market.settle()
    assert blocked_by(bot) == Gate.DATA
    assert last(bot).values[Gate.DATA] == 121
