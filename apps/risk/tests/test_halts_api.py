"""The kill switch by API: pulled at once, released slowly."""

import pytest

from apps.risk.models import Halt
from apps.risk.services import halt
from engine.kinds import HaltLevel
from tradingsite.testing.api import Caller
from tradingsite.testing.people import make_account, make_user
from tradingsite.testing.signing import PASSWORD


@pytest.fixture
def account(market):
    return make_account(make_user(password=PASSWORD))


@pytest.fixture
def caller(account) -> Caller:
    return Caller(account.owner)


def test_it_is_pulled_for_one_account_or_for_all(caller, account):
    answer = caller.post("halts/", {"account": account.pk, "level": "orders", "reason": "enough"})
    told = answer.json()
    assert (answer.status_code, told["level"], told["by"], told["in_force"]) == (201, "orders", "you", True)
    assert caller.get(answer.headers["Location"]).json() == told
    assert caller.post("halts/", {"scope": "user", "level": "flatten"}).json()["reason"] == "kill switch"
    assert Halt.objects.get(scope="user").user == account.owner


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"level": "orders"}, "account"),
        ({"level": "orders", "scope": "user", "account": 0}, "account"),
        ({"level": 2, "scope": "user"}, "level"),
        ({"level": "orders", "scope": "site"}, "scope"),
        ({"level": "orders", "scope": "user", "reason": "x" * 201}, "reason"),
    ],
)
def test_a_halt_that_breaks_a_rule_is_not_pulled(caller, body, field):
    answer = caller.post("halts/", body)
    assert answer.status_code == 400
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert not Halt.objects.exists()


def test_the_account_of_somebody_else_cannot_be_halted(caller):
    assert caller.post("halts/", {"account": make_account().pk, "level": "orders"}).status_code == 400


@pytest.fixture
def pulled(account) -> Halt:
    return halt(scope="account", level=HaltLevel.ENTRIES, reason="look", by=account.owner, account=account)


def test_it_is_released_with_words_and_the_password_once(caller, pulled):
    path, good = f"halts/{pulled.pk}/release/", {"reason": "seen", "password": PASSWORD}
    wrong = caller.post(path, good | {"password": "guess"})
    assert wrong.json()["errors"] == [{"field": "password", "rule": "must be the one you sign in with"}]
    assert caller.post(path, {"password": PASSWORD}).json()["errors"][0]["field"] == "reason"
    told = caller.post(path, good).json()
    assert (told["in_force"], told["released_reason"], told["may_release"]) == (False, "seen", False)
    assert caller.post(path, good).status_code == 409


def test_guessing_the_password_is_slowed_down(caller, pulled):
    tries = [caller.post(f"halts/{pulled.pk}/release/", {"reason": "x", "password": "guess"}) for _ in range(12)]
    assert tries[-1].status_code == 429


def test_what_an_operator_halted_an_operator_releases(caller, account):
    row = halt(scope="site", level=HaltLevel.ENTRIES, reason="storm", by=make_user(is_staff=True))
    (told,) = caller.get("halts/?in_force=true").json()["results"]
    assert (told["id"], told["by"], told["may_release"]) == (row.pk, "an operator", False)
    assert caller.post(f"halts/{row.pk}/release/", {"reason": "x", "password": PASSWORD}).status_code == 403
    assert caller.get("halts/?in_force=false").json()["results"] == []
