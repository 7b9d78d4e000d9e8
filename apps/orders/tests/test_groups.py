"""Groups on paper: their orders, their ends, and what happens to them from outside."""

import pytest
from django.core.exceptions import ValidationError

from apps.ledger.models import Position
from apps.ledger.selectors import imbalance
from apps.markets.models import Feed
from apps.markets.sources import MINUTE
from apps.operations.models import AuditEntry
from apps.orders.groups.endings import group_cancel
from apps.orders.halts import halts_sweep
from apps.orders.models import Order, OrderGroup
from apps.orders.serializers.groups import waiting_words
from apps.orders.services import order_cancel, orders_abandon, positions_flatten
from apps.orders.tests.hand import Hand, state
from apps.risk.services import halt, release
from engine.kinds import EventKind, HaltLevel, OrderKind, PlanKind
from tradingsite.testing.people import NO_LIMITS

pytestmark = pytest.mark.django_db


@pytest.fixture
def hand(market):
    return Hand(market)


def orders(group):
    """(leg, kind, state, quantity) of each, oldest first."""
    rows = group.orders.order_by("pk")
    return [(row.leg, OrderKind(row.kind).name.lower(), row.state, row.quantity) for row in rows]


def sound(hand):
    assert imbalance(hand.account) == {}
    assert hand.balance("BTC").held == 0
    assert hand.balance("USD").held == 0


def test_an_oco_rests_as_one_bracket_and_ends_with_its_target(hand):
    hand.own("1")
    group = hand.group(PlanKind.OCO, stop_price="95", target_price="110")
    assert orders(group) == [(1, "bracket", "open", 1)]
    hand.market.bar(100, high=111)
    assert (state(group), group.message, hand.held()) == ("done", "all of it traded", 0)
    assert Position.objects.get().reason == "target"
    sound(hand)


def test_a_bracket_buys_then_protects_what_it_bought(hand):
    group = hand.group(
        PlanKind.BRACKET, side="buy", quantity="2", limit_price="98", stop_price="90", target_price="110"
    )
    assert orders(group) == [(0, "limit", "open", 2)]
    hand.market.bar(100, low=97)
    assert orders(group)[1:] == [(1, "bracket", "open", 2)]
    hand.market.bar(100, low=89)
    assert (state(group), hand.held(), Position.objects.get().reason) == ("done", 0, "stop")
    sound(hand)


def test_a_bracket_whose_entry_is_cancelled_ends_without_exits(hand):
    group = hand.group(PlanKind.BRACKET, side="buy", limit_price="98", stop_price="90", target_price="110")
    order_cancel(order=group.orders.get(), user=hand.user)
    hand.market.settle()
    assert (state(group), orders(group)) == ("cancelled", [(0, "limit", "cancelled", 1)])


def test_a_trailing_stop_follows_the_price_and_sells_at_market(hand):
    hand.own("1")
    group = hand.group(PlanKind.TRAILING, callback="0.05", rest=False)
    assert orders(group) == []
    hand.market.bars(110, 120)
    hand.market.bar(118, low=113)  # the stop stands at 114
    hand.market.bars(113)
    assert (state(group), orders(group)) == ("done", [(3, "market", "filled", 1)])
    assert Position.objects.get().reason == "stop"
    sound(hand)


def test_an_iceberg_shows_a_slice_at_a_time(hand):
    group = hand.group(PlanKind.ICEBERG, side="buy", quantity="5", display="2", variance="0")
    for _ in range(4):
        hand.market.bar(100, low=99)
    assert state(group) == "done"
    assert [quantity for *_, quantity in orders(group)] == [2, 2, 1]
    assert hand.held() == 5
    assert hand.balance().held == 0


def test_a_twap_buys_equal_parts_over_its_time(hand):
    group = hand.group(PlanKind.TWAP, side="buy", quantity="4", slices=4, duration=240, offset="0.01")
    hand.market.bars(100, 100, 100, 100, 100)
    assert (state(group), hand.held()) == ("done", 4)
    assert [quantity for *_, quantity in orders(group)] == [1, 1, 1, 1]


def test_a_trigger_turns_into_its_order_when_its_price_is_reached(hand):
    hand.own("1")
    group = hand.group(PlanKind.TRIGGER, stop_price="120", when="above")  # sells when the price has risen
    hand.market.bars(110)
    assert orders(group) == []
    hand.market.bars(121, 121)
    assert (state(group), orders(group)) == ("done", [(3, "market", "filled", 1)])


def test_a_group_cancelled_by_hand_ends_when_its_orders_have(hand):
    hand.own("1")
    group = hand.group(PlanKind.OCO, stop_price="95", target_price="110")
    for _ in range(2):
        group_cancel(user=hand.user, group=group)
    assert state(group) == "active"
    hand.market.settle()
    assert (state(group), group.message, hand.held()) == ("cancelled", "cancelled by hand", 1)
    assert AuditEntry.objects.filter(action="group.cancel").count() == 1
    with pytest.raises(ValidationError, match="must be active to be cancelled, was cancelled"):
        group_cancel(user=hand.user, group=group)
    sound(hand)


def test_what_is_sold_elsewhere_makes_the_exits_smaller(hand):
    hand.own("3")
    group = hand.group(PlanKind.TRAILING, quantity="3", callback="0.05", rest=False)
    hand.place("sell", quantity="2")
    hand.market.bars(100)
    hand.market.bar(100, low=94)
    hand.market.bars(94)
    assert (state(group), orders(group), hand.held()) == ("done", [(3, "market", "filled", 1)], 0)


def test_a_position_that_is_closed_ends_its_groups(hand):
    hand.own("1")
    group = hand.group(PlanKind.OCO, stop_price="95", target_price="110")
    positions_flatten(account_id=hand.account.pk, reason="manual", request="x")
    hand.market.settle()
    hand.market.bars(100)
    assert (state(group), group.message, hand.held()) == ("cancelled", "the position is closed", 0)
    sound(hand)


@pytest.mark.parametrize("level", [HaltLevel.ORDERS, HaltLevel.FLATTEN])
def test_a_halt_of_orders_ends_groups(hand, level):
    hand.own("1")
    group = hand.group(PlanKind.TRAILING, callback="0.05", rest=False)
    halt(scope="account", account=hand.account, level=level, reason="storm", by=hand.user)
    halts_sweep()
    hand.market.bars(100)
    assert (state(group), group.message) == ("cancelled", "halt: storm")
    assert hand.held() == (1 if level == HaltLevel.ORDERS else 0)


def no_entries(hand):
    return halt(scope="account", account=hand.account, level=HaltLevel.ENTRIES, reason="calm", by=hand.user)


def test_a_halt_of_entries_leaves_stops_and_pauses_what_buys_until_it_is_released(hand):
    hand.own("1")
    stop = hand.group(PlanKind.OCO, stop_price="95", target_price="110")
    slices = hand.group(PlanKind.ICEBERG, side="buy", quantity="5", display="1", variance="0")
    pulled = no_entries(hand)
    hand.market.bar(100, low=99.5)  # fills the slice that rests
    for _ in range(8):  # more than the tries of a refused order, over more than their pauses
        hand.market.bars(100)
    assert (state(slices), [row.state for row in slices.orders.all()]) == ("active", ["filled"])
    assert waiting_words(slices).startswith("Paused, it buys nothing: a halt is in force, “calm”. ")
    hand.market.bar(100, low=90)
    assert state(stop) == "done"
    release(halt=pulled, by=hand.user, reason="seen")
    for _ in range(6):
        hand.market.bar(100, low=99)
    assert (state(slices), slices.paused, hand.held()) == ("done", "", 5)
    sound(hand)


def test_a_bracket_that_a_halt_met_before_its_entry_enters_after_it_and_exits_meanwhile_stay(hand):
    waits = hand.group(PlanKind.BRACKET, side="buy", limit_price="98", stop_price="90", target_price="110", sent=False)
    holds = hand.group(PlanKind.BRACKET, side="buy", quantity="2", limit_price="99", stop_price="90", sent=False)
    OrderGroup.objects.filter(pk=waits.pk).update(changed=False)
    Order.objects.all().delete()
    pulled = no_entries(hand)
    OrderGroup.objects.update(changed=True)
    for _ in range(8):
        hand.market.bars(100)
    assert not Order.objects.exists()
    assert {state(waits), state(holds)} == {"active"}
    release(halt=pulled, by=hand.user, reason="seen")
    hand.market.bars(100)
    assert orders(waits) == [(0, "limit", "open", 1)]
    hand.market.bar(100, low=97)
    no_entries(hand)
    hand.market.bars(100)
    assert [row[0] for row in orders(holds)] == [0, 1]  # its stop was placed
    hand.market.bar(89, low=89)
    assert (state(waits), state(holds), hand.held()) == ("done", "done", 0)
    sound(hand)


def test_a_twap_spreads_what_a_halt_kept_from_it_over_the_slices_to_come(hand):
    group = hand.group(PlanKind.TWAP, side="buy", quantity="4", slices=4, duration=480, offset="0.01")
    pulled = no_entries(hand)
    hand.market.bars(100, 100, 100)
    assert "Paused" in waiting_words(group) or not group.paused
    release(halt=pulled, by=hand.user, reason="seen")
    hand.market.bars(*[100] * 8)
    assert (state(group), hand.held()) == ("done", 4)


def test_a_day_that_has_lost_what_it_may_pauses_what_buys(market):
    hand = Hand(market, NO_LIMITS | {"daily_loss_amount": 400})
    hand.own("40")
    slices = hand.group(PlanKind.ICEBERG, side="buy", quantity="5", display="1", variance="0")
    market.bars(86, 86, 86, 86)
    assert state(slices) == "active"
    assert waiting_words(slices).startswith("Paused, it buys nothing: the day's loss has reached its limit. ")
    assert not slices.orders.filter(state="denied").exists()


def test_a_reset_ends_groups_at_once(hand):
    hand.own("1")
    group = hand.group(PlanKind.OCO, stop_price="95", target_price="110")
    orders_abandon(account=hand.account, why="account reset: anew")
    assert (state(group), group.message) == ("cancelled", "account reset: anew")
    assert not Order.objects.filter(finished=None).exists()


def test_events_that_nobody_worked_on_are_seen_in_order(hand):
    hand.own("1")
    group = hand.group(PlanKind.TRAILING, callback="0.05", rest=False)
    for price in (110, 120, 113, 125):
        for kind in (EventKind.OPEN, EventKind.BAR):
            hand.market.commit(hand.product, kind, (price, price, price, price, 1))
        hand.market.now += MINUTE
    assert not hand.market.is_settled()
    hand.market.settle()
    group.refresh_from_db()
    assert group.position == Feed.objects.get().recorded
    assert group.orders.get().decided.timestamp() == hand.market.now - 2 * MINUTE  # by the price that hit the stop
