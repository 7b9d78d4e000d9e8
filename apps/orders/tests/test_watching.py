"""A tick that crosses a level leads its group at once; one that does not costs a comparison."""

from decimal import Decimal

import pytest

from apps.accounts.models import TradingAccount
from apps.markets.services import event_commit
from apps.markets.sources import Bar, SourceEvent
from apps.orders.groups import listening
from apps.orders.groups.advance import groups_work
from apps.orders.groups.listening import Listening
from apps.orders.groups.watching import Watch
from apps.orders.models import Order, OrderGroup
from apps.orders.tests.hand import Hand, state
from engine.kinds import EventKind, OrderKind, PlanKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def hand(market):
    hand = Hand(market)
    hand.own("1")
    return hand


def live(hand):
    """From here on its groups see ticks; nothing is sent."""
    TradingAccount.objects.filter(pk=hand.account.pk).update(mode=TradingAccount.Mode.LIVE)


def sales(group):
    return [(OrderKind(row.kind).name, row.state, row.quantity) for row in group.orders.order_by("pk")]


@pytest.fixture
def stop(hand):
    group = hand.group(PlanKind.TRAILING, callback="0.05", rest=False)
    live(hand)
    return group


def test_a_tick_at_the_stop_makes_the_sale_and_none_above_it(hand, stop):
    watch = Watch("replay")
    assert watch.reload() == 1
    assert watch.tick(hand.product.pk, 96.0, hand.market.now + 1.2) == 0
    assert watch.tick(hand.product.pk, 94.9, hand.market.now + 2.5) == 1
    assert sales(stop) == [("MARKET", "pending", 1)]
    assert Order.objects.latest("pk").decided.timestamp() == hand.market.now + 2


def test_the_same_trade_and_the_bar_that_holds_it_fire_nothing_more(hand, stop):
    watch = Watch("replay")
    watch.reload()
    for _ in range(2):
        watch.tick(hand.product.pk, 94.9, hand.market.now + 2.5)
    watch.tick(hand.product.pk, 94.0, hand.market.now + 3.5)
    bar = Bar(95.0, 95.0, 94.0, 94.0, 1.0)
    for kind in (EventKind.OPEN, EventKind.BAR):
        event = SourceEvent(hand.product.symbol, kind, hand.market.now, bar)
        event_commit(session=hand.market.session, product=hand.product, event=event)
    assert sales(stop) == [("MARKET", "pending", 1)]


def test_groups_on_paper_are_not_watched(hand):
    hand.group(PlanKind.TRAILING, callback="0.05", rest=False)
    assert Watch("replay").reload() == 0


def test_a_stream_reads_once_in_a_while_which_groups_wait(hand, stop, monkeypatch):
    listen = Listening()
    listen({hand.product: (99.0, hand.market.now + 1.0)})
    assert sales(stop) == []
    listen({hand.product: (94.0, hand.market.now + 2.0)})
    assert sales(stop) == [("MARKET", "pending", 1)]
    assert state(stop) == "active"
    monkeypatch.setattr(listening, "RELOAD", 0.0)
    listen({hand.product: (93.0, hand.market.now + 3.0)})
    assert sales(stop) == [("MARKET", "pending", 1)]


def test_many_groups_are_led_on_with_as_many_statements_as_a_few(hand, django_assert_max_num_queries):
    for number in range(12):
        hand.group(PlanKind.TRAILING, quantity="0.05", callback_amount=str(5 + number), rest=False)
    OrderGroup.objects.update(changed=True)
    with django_assert_max_num_queries(14):
        groups_work(hand.account.pk)
    assert not OrderGroup.objects.filter(changed=True).exists()


def test_a_tick_leads_all_its_groups_on_under_one_lock_and_they_sell_no_more_than_there_is(hand):
    groups = [hand.group(PlanKind.TRAILING, quantity="0.25", callback="0.05", rest=False) for _ in range(4)]
    live(hand)
    watch = Watch("replay")
    assert watch.reload() == 4
    assert watch.tick(hand.product.pk, 94.0, hand.market.now + 1.2) == 4
    assert [sales(group) for group in groups] == [[("MARKET", "pending", Decimal("0.25"))]] * 4
    assert watch.tick(hand.product.pk, 93.0, hand.market.now + 1.4) == 0


def test_a_group_that_was_led_before_another_sold_its_coins_looks_again(hand):
    groups = [hand.group(PlanKind.TRAILING, quantity="0.5", callback="0.05", rest=False) for _ in range(2)]
    live(hand)
    watch = Watch("replay")
    watch.reload()
    assert watch.tick(hand.product.pk, 94.0, hand.market.now + 1.2) == 2
    assert [OrderGroup.objects.get(pk=group.pk).changed for group in groups] == [True, False]
