"""Limits are lowered at once and raised later; what waits can be taken back, and comes into force once."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from apps.operations.models import AuditEntry
from apps.risk.limit_changes import limits_change, raise_cancel, raises_sweep
from apps.risk.limits import is_looser
from apps.risk.models import LimitChange, RiskPolicy
from apps.risk.selectors import limits
from engine.config import RiskLimits
from tradingsite.testing.people import make_account

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
VALUES = st.one_of(st.just(0.0), st.floats(0.001, 1000))


@pytest.fixture
def account(clock):
    return make_account()


def change(account, **values: float) -> list[LimitChange]:
    return limits_change(account=account, by=account.owner, values=values)


def now(account) -> RiskLimits:
    return limits([account])[account.pk]


@given(old=VALUES, new=VALUES)
def test_of_two_values_one_is_looser_unless_they_are_the_same(old, new):
    assert (is_looser(old, new) + is_looser(new, old)) == (abs(old - new) > 1e-9)
    assert not is_looser(0, new)


@pytest.mark.parametrize(("name", "old", "new"), [("max_positions", 5, 3), ("daily_loss", 0.05, 0.01)])
def test_a_lower_limit_is_in_force_at_once(account, name, old, new):
    (made,) = change(account, **{name: new})
    assert getattr(now(account), name) == new
    assert (made.old, made.new, made.state) == (old, new, LimitChange.State.DONE)
    assert AuditEntry.objects.get(action="limit.lower").actor == account.owner


def test_switching_a_limit_on_is_lowering_and_off_is_raising(account):
    change(account, daily_loss_amount=100)
    assert now(account).daily_loss_amount == 100
    change(account, daily_loss_amount=0)
    assert now(account).daily_loss_amount == 100


def test_a_higher_limit_waits_for_its_day(account, clock):
    (made,) = change(account, max_exposure=0.8)
    assert now(account).max_exposure == 0.5
    clock.shift(DAY - timedelta(seconds=1))
    assert raises_sweep() == 0
    assert now(account).max_exposure == 0.5
    clock.shift(timedelta(seconds=1))
    assert raises_sweep() == 1
    assert now(account) == RiskLimits(max_exposure=0.8)
    assert raises_sweep() == 0
    made.refresh_from_db()
    assert made.state == LimitChange.State.DONE
    actions = list(AuditEntry.objects.filter(action__startswith="limit").order_by("pk").values_list("action", "actor"))
    assert actions == [("limit.raise", account.owner.pk), ("limit.raise.due", None)]


def test_the_delay_is_a_setting(account, settings):
    settings.LIMIT_RAISE_DELAY = 60
    (made,) = change(account, max_positions=9)
    assert made.due - made.asked == timedelta(minutes=1)


def test_what_waits_can_be_taken_back_once(account, clock):
    (made,) = change(account, max_positions=9)
    assert raise_cancel(change=made, by=account.owner)
    assert not raise_cancel(change=made, by=account.owner)
    clock.shift(DAY)
    assert raises_sweep() == 0
    assert now(account).max_positions == 5
    assert AuditEntry.objects.filter(action="limit.raise.cancel", actor=account.owner).count() == 1


def test_what_is_in_force_cannot_be_taken_back(account, clock):
    (made,) = change(account, max_positions=9)
    clock.shift(DAY)
    raises_sweep()
    assert not raise_cancel(change=made, by=account.owner)
    assert now(account).max_positions == 9


def test_asking_anew_replaces_what_waits_and_begins_the_delay_again(account, clock):
    (first,) = change(account, max_positions=9)
    clock.shift(DAY / 2)
    (second,) = change(account, max_positions=7)
    first.refresh_from_db()
    assert first.state == LimitChange.State.CANCELLED
    clock.shift(DAY / 2)
    assert raises_sweep() == 0
    clock.shift(DAY / 2)
    assert raises_sweep() == 1
    assert now(account).max_positions == 7
    assert second.due - second.asked == DAY


def test_asking_for_the_same_again_leaves_its_day(account, clock):
    (made,) = change(account, max_positions=9)
    clock.shift(DAY / 2)
    assert change(account, max_positions=9) == []
    made.refresh_from_db()
    assert made.state == LimitChange.State.WAITING


def test_lowering_takes_back_what_waits_for_the_same_limit_alone(account, clock):
    change(account, max_positions=9, max_exposure=0.8)
    change(account, max_positions=2)
    clock.shift(DAY)
    raises_sweep()
    assert now(account) == RiskLimits(max_positions=2, max_exposure=0.8)


def test_accounts_do_not_touch_each_other(account, clock):
    other = make_account()
    change(account, max_positions=2)
    change(other, max_positions=9)
    clock.shift(DAY)
    raises_sweep()
    assert (now(account).max_positions, now(other).max_positions) == (2, 9)


def test_an_account_that_lost_its_policy_gets_one(account):
    RiskPolicy.objects.all().delete()
    change(account, max_positions=2)
    assert now(account) == RiskLimits(max_positions=2)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("max_positions", 2.5, "must be a whole number, was 2.5"),
        ("max_positions", -1, "must be from 0 to 1000, was -1"),
        ("daily_loss", 1.01, "must be from 0 to 1, was 1.01"),
        ("daily_loss", float("nan"), "must be from 0 to 1, was nan"),
        ("leverage", 3, "must be one of max_positions"),
    ],
)
def test_a_bad_value_is_named_and_nothing_is_changed(account, name, value, words):
    with pytest.raises(ValidationError) as caught:
        change(account, max_exposure=0.1, **{name: value})
    assert words in caught.value.message_dict[name][0]
    assert now(account) == RiskLimits()
    assert not LimitChange.objects.exists()
