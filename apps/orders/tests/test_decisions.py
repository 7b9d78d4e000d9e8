"""What a person decides about a difference is posted by ordinary entries, audited, and lets entries go on."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.ledger.models import Entry
from apps.ledger.selectors import imbalance
from apps.operations.models import AuditEntry
from apps.orders.models import Difference
from apps.orders.reconciliation import decisions
from apps.orders.reconciliation.positions import position_changes, positions_rebuild
from apps.orders.tests.test_reconciliation import minute, strange_fill, tripped
from engine.orders.states import OrderState
from tradingsite.testing.people import make_user


@pytest.fixture
def by(db):
    return make_user()


def differs(desk, clock, currency="USD", amount="1250"):
    desk.owns(currency, amount)
    minute(desk, clock)
    minute(desk, clock, 6)
    return Difference.objects.get(resolved=None)


def strange(desk, clock, **fields):
    strange_fill(desk, clock, **fields)
    minute(desk, clock)
    return Difference.objects.get(kind="foreign_trade")


def test_a_balance_is_accepted_as_a_deposit(live, clock, by):
    row = differs(live, clock)
    assert tripped(live)
    decisions.balance_accept(difference=row, by=by, reason="wired this morning")
    assert (live.total(), tripped(live), imbalance(live.account)) == (1250, False, {})
    assert Entry.objects.latest("pk").kind == "deposit"
    entry = AuditEntry.objects.get(action="difference.accept")
    assert (entry.actor, entry.reason, entry.detail) == (by, "wired this morning", {"as_": "deposit"})
    minute(live, clock)
    assert not Difference.objects.filter(resolved=None).exists()


def test_a_balance_is_accepted_as_a_withdrawal_of_no_more_than_is_free(live, clock, by):
    row = differs(live, clock, amount="950")
    resting = live.buy(funds="980")
    with pytest.raises(ValidationError, match="must be at most what is free, 20 USD, was 50"):
        decisions.balance_accept(difference=row, by=by, reason="spent")
    assert live.total() == 1000
    live.work()
    assert live.state(resting) == "denied"  # the breaker
    decisions.balance_accept(difference=row, by=by, reason="spent")
    assert (live.total(), imbalance(live.account)) == (950, {})


def test_the_same_gap_after_an_accepted_one_is_a_new_difference(live, clock, by):
    decisions.balance_accept(difference=differs(live, clock, amount="1100"), by=by, reason="wired")
    row = differs(live, clock, amount="1200")
    assert (row.detail["gap"], row.confirmed is not None) == ("100", True)


def test_what_is_ignored_alarms_nobody_until_it_changes(live, clock, by):
    row = differs(live, clock)
    decisions.ignore(difference=row, by=by, reason="a bonus that will be taken back")
    minute(live, clock)
    assert not tripped(live)
    live.owns("USD", "1300")
    minute(live, clock)
    minute(live, clock, 6)
    assert tripped(live)
    row.refresh_from_db()
    assert (row.how, row.resolved is not None) == ("gone", True)


@pytest.mark.parametrize(("holder", "position"), [("", 0), ("manual", Decimal("0.4"))])
def test_a_foreign_purchase_is_accepted_as_the_accounts_own_or_as_by_hand(live, clock, by, holder, position):
    row = strange(live, clock, buy=True)
    assert tripped(live)
    decisions.foreign_accept(difference=row, holder=holder, by=by, reason="bought in the app")
    assert (live.total("USD"), live.total("BTC")) == (900 - 44 - 1, Decimal("1.4"))
    assert (live.position("manual"), imbalance(live.account), tripped(live)) == (position, {}, False)
    assert position_changes(live.account) == []
    minute(live, clock)
    assert not Difference.objects.filter(kind="foreign_trade", resolved=None).exists()


def test_a_foreign_sale_is_never_more_than_the_position_it_is_accepted_into(live, clock, by):
    row = strange(live, clock)
    with pytest.raises(ValidationError, match=r"must have a position of at least 0\.4, had 0"):
        decisions.foreign_accept(difference=row, holder="manual", by=by, reason="sold in the app")
    decisions.foreign_accept(difference=row, holder="", by=by, reason="sold in the app")
    assert (live.total("BTC"), live.position()) == (Decimal("0.6"), 1)


def test_a_decision_is_made_once_and_of_its_kind(live, clock, by):
    row = differs(live, clock)
    with pytest.raises(ValidationError, match="must be a foreign trade, was a balance"):
        decisions.foreign_accept(difference=row, holder="", by=by, reason="no")
    with pytest.raises(ValidationError, match="must say why in 1 to 300 characters, had 0"):
        decisions.ignore(difference=row, by=by, reason=" ")
    decisions.balance_accept(difference=row, by=by, reason="wired")
    with pytest.raises(ValidationError, match="must be open, was resolved: accepted by a person"):
        decisions.balance_accept(difference=row, by=by, reason="again")


def test_an_order_that_was_never_placed_frees_what_it_held(live, clock, by):
    live.work()
    order = live.buy()
    order.refresh_from_db()
    order.state, order.submitted = OrderState.NOT_FOUND, order.created
    order.save()
    minute(live, clock, 200)
    minute(live, clock, 200)
    row = Difference.objects.get(kind="unknown_outcome")
    assert (live.held(), tripped(live)) == (110, False)
    decisions.never_placed(difference=row, by=by, reason="not in the app either")
    assert (live.state(order), live.held(), tripped(live)) == ("rejected", 0, False)


def test_positions_are_made_anew_from_fills(live, clock):
    live.own("1")
    assert position_changes(live.account) == []
    live.account.positions.update(quantity=Decimal("0.5"), fees=3)
    (change,) = position_changes(live.account)
    assert "quantity 0.5 -> 1, fees 3 -> 0" in str(change)
    positions_rebuild(account=live.account, by=None, reason="a row was damaged")
    assert (position_changes(live.account), live.position()) == ([], 1)
    assert AuditEntry.objects.filter(action="position.rebuild").count() == 1


def test_a_position_that_is_missing_or_that_no_fill_made_is_set_right(live, clock):
    live.own("1")
    lost = live.account.positions.get()
    lost.delete()
    lost.pk, lost.holder = None, "desk-9"
    lost.save()
    assert [str(change).partition(":")[2].strip() for change in position_changes(live.account)] == [
        "1 held, 1 bought", "no fill made it"
    ]  # fmt: skip
    positions_rebuild(account=live.account, by=None, reason="rows were lost")
    assert (live.position(), live.position("desk-9")) == (1, 0)
