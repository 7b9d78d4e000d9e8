"""An account's hard limits as the core reads them."""

import pytest
from django.core.exceptions import ValidationError

from apps.risk.models import RiskPolicy
from apps.risk.selectors import limits
from engine.config import RiskLimits
from tradingsite.testing.people import make_account

pytestmark = pytest.mark.django_db


def test_a_new_account_has_the_default_limits():
    account = make_account()
    assert limits([account]) == {account.pk: RiskLimits()}


def test_each_account_has_its_own():
    strict, none = make_account(limits={"max_positions": 1, "daily_loss_amount": 50, "max_age": 9}), make_account()
    RiskPolicy.objects.filter(account=none).delete()
    known = limits([strict, none])
    assert known[strict.pk] == RiskLimits(max_positions=1, daily_loss_amount=50, max_age=9)
    assert known[none.pk] == RiskLimits()


@pytest.mark.parametrize("field", ["max_position", "max_exposure", "daily_loss", "daily_loss_amount"])
def test_a_limit_below_zero_is_refused(field):
    policy = make_account().risk_policy
    setattr(policy, field, -0.1)
    with pytest.raises(ValidationError) as caught:
        policy.full_clean()
    assert list(caught.value.message_dict) == [field]
