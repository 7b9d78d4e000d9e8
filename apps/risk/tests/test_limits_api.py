"""Limits by API: tightened at once, loosened by somebody who proves to be the owner, and later."""

import pytest
from django.urls import reverse

from apps.operations.models import AuditEntry
from apps.risk.models import LimitChange
from apps.risk.selectors import limits
from engine.config import RiskLimits
from tradingsite.testing.api import Caller
from tradingsite.testing.people import make_account, make_user
from tradingsite.testing.signing import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return make_account(make_user(password=PASSWORD))


@pytest.fixture
def caller(account) -> Caller:
    return Caller(account.owner, scope="trade")


@pytest.fixture
def path(account) -> str:
    return f"accounts/{account.pk}/limits/"


def now(account) -> RiskLimits:
    return limits([account])[account.pk]


def test_tightening_needs_no_password_and_is_in_force_at_once(caller, account, path):
    told = caller.patch(path, {"max_positions": 2, "daily_loss": 0.015}).json()
    assert (told["max_positions"], told["daily_loss"], told["max_age"], told["waiting"]) == (2, 0.015, 120, [])
    assert now(account) == RiskLimits(max_positions=2, daily_loss=0.015)
    assert set(AuditEntry.objects.filter(action="limit.lower").values_list("actor", flat=True)) == {account.owner.pk}
    assert {change["limit"] for change in caller.get("limit-changes/").json()["results"]} == {
        "max_positions", "daily_loss",
    }  # fmt: skip


def test_loosening_asks_who_is_there_and_waits(caller, account, path):
    refused = caller.patch(path, {"max_exposure": 0.8})
    assert refused.status_code == 400
    assert refused.json()["errors"] == [{"field": "password", "rule": "must be given again"}]
    told = caller.patch(path, {"max_exposure": 0.8, "max_positions": 3, "password": PASSWORD}).json()
    assert (told["max_exposure"], told["max_positions"]) == (0.5, 3)
    (waiting,) = told["waiting"]
    assert (waiting["limit"], waiting["new"], waiting["state"]) == ("max_exposure", 0.8, "waiting")
    assert caller.get(path).json() == told
    assert caller.get("limit-changes/?state=waiting").json()["results"] == [waiting]
    assert now(account).max_exposure == 0.5


def test_switching_a_limit_off_is_loosening(caller, path):
    assert caller.patch(path, {"daily_loss": 0}).json()["errors"][0]["field"] == "password"


def test_what_was_refused_changed_nothing(caller, account, path):
    assert caller.patch(path, {"max_positions": 2, "max_exposure": 0.8, "password": "a guess"}).status_code == 400
    assert not LimitChange.objects.exists()
    assert now(account) == RiskLimits()


def test_what_waits_is_taken_back_once_without_a_password(caller, account, path):
    (waiting,) = caller.patch(path, {"max_exposure": 0.8, "password": PASSWORD}).json()["waiting"]
    address = f"limit-changes/{waiting['id']}/cancel/"
    assert caller.post(address).json()["state"] == "cancelled"
    assert caller.post(address).status_code == 409
    assert caller.get(path).json()["waiting"] == []


def test_a_session_proves_it_by_the_page_that_asks(account, path):
    caller = Caller(account.owner)
    account.owner.confirm_address()
    assert caller.patch(path, {"max_exposure": 0.8}).status_code == 400
    caller.client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert caller.patch(path, {"max_exposure": 0.8}).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"max_positions": 2.5}, "max_positions"),
        ({"max_position": 1.01}, "max_position"),
        ({"max_exposure": -0.1}, "max_exposure"),
        ({"daily_loss": "much"}, "daily_loss"),
        ({"daily_loss_amount": True}, "daily_loss_amount"),
        ({"max_age": 86_401}, "max_age"),
        ({"max_losses": 3}, "max_losses"),
    ],
)
def test_a_bad_value_is_named_with_its_rule_and_changes_nothing(caller, account, path, body, field):
    answer = caller.patch(path, {"max_positions": 2} | body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert now(account) == RiskLimits()


def test_a_token_that_reads_changes_nothing(account, path):
    assert Caller(account.owner, scope="read").patch(path, {"max_positions": 2}).status_code == 403


def test_a_stranger_finds_neither_account_nor_change(caller, account, path):
    caller.patch(path, {"max_positions": 2})
    stranger = Caller(make_account().owner)
    assert stranger.patch(path, {"max_positions": 1}).status_code == 404
    assert stranger.post(f"limit-changes/{LimitChange.objects.get().pk}/cancel/").status_code == 404
