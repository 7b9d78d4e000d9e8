"""The protection meter: what a stop covers, and the gaps that are told."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.ledger.models import Position
from apps.orders.groups.endings import group_cancel
from apps.orders.models import Order, ProtectionGap
from apps.orders.protection import protected_quantity, protection_sweep
from apps.orders.tests.hand import Hand
from engine.kinds import OrderKind, PlanKind
from tradingsite.testing.people import make_account, make_bot
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db


@pytest.fixture
def hand(market):
    hand = Hand(market)
    hand.own("2")
    return hand


def covered():
    return protected_quantity(Position.objects.get(closed=None))


def test_resting_stops_and_armed_groups_cover_a_position_and_targets_do_not(hand):
    assert covered() == 0
    hand.place("sell", OrderKind.LIMIT, quantity="0.5", limit_price="120")
    assert covered() == 0
    hand.place("sell", OrderKind.STOP, quantity="0.5", stop_price="90")
    assert covered() == Decimal("0.5")
    hand.group(PlanKind.TRAILING, quantity="1", callback="0.05", rest=False)
    assert covered() == Decimal("1.5")


def test_a_stop_that_rests_for_a_group_counts_once(hand):
    hand.group(PlanKind.OCO, quantity="2", stop_price="90", target_price="120")
    assert Order.objects.filter(kind=OrderKind.BRACKET, state="open").count() == 1
    assert covered() == 2


def test_a_gap_opens_is_told_after_a_while_and_closes(market):
    make_bot(make_account(), market.product, params={"stop": 0.01, "target": 0.5}, size=0.05)
    market.bar(100, volume=LONG)
    market.bars(100)
    assert protection_sweep() == 0
    resting = Order.objects.get(purpose="protect")
    Order.objects.filter(pk=resting.pk).update(cancel_requested=True)
    assert protection_sweep() == 1
    gap = ProtectionGap.objects.get()
    assert (gap.quantity, gap.told) == (resting.quantity, None)
    ProtectionGap.objects.update(since=timezone.now() - timedelta(seconds=6))
    protection_sweep()
    protection_sweep()
    gap.refresh_from_db()
    assert gap.told is not None
    Order.objects.filter(pk=resting.pk).update(cancel_requested=False)
    assert protection_sweep() == 0
    gap.refresh_from_db()
    assert gap.until is not None


def test_who_takes_his_own_stop_away_is_not_alerted(hand):
    group = hand.group(PlanKind.TRAILING, quantity="2", callback="0.05", rest=False)
    assert protection_sweep() == 0
    group_cancel(user=hand.user, group=group)
    hand.market.settle()
    assert (protection_sweep(), covered()) == (0, 0)
