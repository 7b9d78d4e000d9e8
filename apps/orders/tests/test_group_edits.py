"""The prices of a group that goes on are changed; its resting orders follow, and never is there more than one."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.operations.models import AuditEntry
from apps.orders.groups.edits import changes_of, group_edit
from apps.orders.models import Order
from apps.orders.tests.hand import Hand, state
from engine.kinds import EventKind, OrderKind, PlanKind
from tradingsite.testing.people import make_account
from tradingsite.testing.scripted import QUIET

D = Decimal


@pytest.fixture
def hand(market):
    hand = Hand(market)
    hand.own("1")
    return hand


def edit(hand, group, **changes):
    exact = {name: value and D(value) for name, value in changes.items()}
    return group_edit(user=hand.user, group=group, changes=exact)


def resting(group):
    return [(str(o.stop_price and o.stop_price.normalize()), str(o.limit_price and o.limit_price.normalize()))
            for o in Order.objects.filter(group=group, state="open")]  # fmt: skip


def refused(hand, group, **changes):
    with pytest.raises(ValidationError) as error:
        edit(hand, group, **changes)
    return error.value.message_dict


def test_a_stop_is_drawn_up_and_what_rests_follows(hand):
    group = hand.group(PlanKind.OCO, stop_price="90", target_price="120")
    assert resting(group) == [("9E+1", "1.2E+2")]
    edit(hand, group, stop_price="95", target_price="115")
    hand.market.settle()
    assert resting(group) == [("95", "115")]
    hand.market.bar(94)
    hand.market.settle()
    assert (hand.held(), state(group)) == (0, "done")
    assert AuditEntry.objects.filter(action="group.edit").count() == 1


def test_a_price_that_was_there_before_the_change_does_not_count(hand):
    """Recorded, but not seen by the group when the stop is drawn above it."""
    group = hand.group(PlanKind.TRIGGER, stop_price="90")
    hand.market.commit(hand.product, EventKind.OPEN, [100])
    hand.market.settle()
    hand.market.commit(hand.product, EventKind.BAR, [100, 100, 94, 100, QUIET])
    edit(hand, group, stop_price="95")
    hand.market.settle()
    assert (hand.held(), resting(group)) == (1, [("95", "None")])


def test_a_bracket_that_has_bought_may_have_its_stop_above_the_entry(hand):
    group = hand.group(PlanKind.BRACKET, side="buy", stop_price="90", target_price="130")
    hand.market.bars(100, 110)
    edit(hand, group, stop_price="105")
    hand.market.settle()
    assert resting(group) == [("105", "1.3E+2")]
    assert "must be below the last price (110" in refused(hand, group, stop_price="111")["stop_price"][0]


def test_an_optional_price_is_taken_away(hand):
    group = hand.group(PlanKind.TRIGGER, stop_price="95", limit_price="94")
    edit(hand, group, limit_price=None)
    hand.market.settle()
    assert resting(group) == [("95", "None")]
    assert Order.objects.get(group=group, state="open").kind == OrderKind.STOP


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"stop_price": "101"}, "stop_price", "must be below the last price"),
        ({"stop_price": None}, "stop_price", "must be given"),
        ({"target_price": "94"}, "target_price", "must be above the last price"),
        ({"quantity": "2"}, "quantity", "must be one of stop_price, target_price, stop_limit_price"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(hand, changes, field, words):
    group = hand.group(PlanKind.OCO, stop_price="90", target_price="120")
    assert words in refused(hand, group, **changes)[field][0]
    hand.market.settle()
    assert resting(group) == [("9E+1", "1.2E+2")]


def test_what_is_over_ends_or_follows_by_itself_is_not_changed(hand):
    trailing = hand.group(PlanKind.TRAILING, callback="0.02")
    assert changes_of(trailing) == ()
    assert "was a trailing stop active" in refused(hand, trailing, stop_price="95")["group"][0]
    hand.market.bar(90)
    hand.market.settle()
    trailing.refresh_from_db()
    assert (trailing.state, changes_of(trailing)) == ("done", ())


def test_nobody_changes_somebody_elses(hand):
    group = hand.group(PlanKind.TRIGGER, stop_price="90")
    with pytest.raises(ValidationError, match="must be one of your accounts"):
        group_edit(user=make_account().owner, group=group, changes={"stop_price": D(95)})
