"""The page of limits: how much is used, changing them, taking back what waits."""

import re

import pytest
from django.urls import reverse

from apps.risk.limit_changes import limits_change
from apps.risk.models import LimitChange, RiskPolicy
from apps.risk.selectors import limits
from engine.config import RiskLimits
from tradingsite.testing.people import make_account, make_bot, make_user
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
FORM = {
    "max_positions": "5", "max_position": "10", "max_exposure": "50", "daily_loss": "5", "daily_loss_amount": "0",
    "max_age": "120", "max_orders": "60",
}  # fmt: skip
LIMITS, RISK = "/risk/limits/", "/risk/"


@pytest.fixture
def account(client):
    account = make_account()
    account.owner.set_password(PASSWORD)
    account.owner.save()
    client.force_login(account.owner)
    return account


def now(account) -> RiskLimits:
    return limits([account])[account.pk]


def text(client, address: str = RISK) -> str:
    """What a reader sees, without marks and with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(address).content.decode())).replace("\xa0", " ")


def test_it_says_how_much_of_each_limit_is_used(client, market):
    account = make_account()
    make_bot(account, market.product, size=0.08)
    market.bar(100, volume=LONG)
    market.bar(100)
    client.force_login(account.owner)
    page = text(client)
    assert "Open positions at once 1 of 5" in page
    assert re.search(r"One position 7\.\d\d % of 10\.00 %", page) or re.search(r"One position 8\.\d\d % of 10", page)
    assert re.search(r"All positions together [78]\.\d\d % of 50\.00 %", page)
    assert re.search(r"Loss of a day 0\.0\d % of 5\.00 %", page)
    assert "Loss of a day in money" in page
    assert "no limit" in page


def test_a_limit_that_is_reached_says_so(client, market):
    account = make_account(limits={"max_positions": 1})
    make_bot(account, market.product, size=0.08)
    market.bar(100, volume=LONG)
    market.bar(100)
    client.force_login(account.owner)
    assert "Open positions at once 1 of 1 1 of 1 Reached: no entries that would add to it." in text(client)


def test_lowering_needs_no_password_and_is_in_force_at_once(client, account):
    answer = client.post(LIMITS, FORM | {"max_positions": "2", "daily_loss": "1.5"}, follow=True)
    assert "2 limits tightened, in force now." in answer.content.decode()
    assert now(account) == RiskLimits(max_positions=2, daily_loss=0.015)
    assert not client.get(RISK).content.decode().count("Rises to")


def test_raising_asks_who_is_there_and_then_waits(client, account):
    answer = client.post(LIMITS, FORM | {"max_exposure": "80"})
    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert not LimitChange.objects.exists()
    client.post(answer.headers["Location"], {"password": PASSWORD})
    assert LimitChange.objects.get().state == LimitChange.State.WAITING
    assert now(account) == RiskLimits()
    assert "Rises to 80.00 % in 23 h 59 min" in text(client)


def test_a_wrong_password_raises_nothing(client, account):
    answer = client.post(LIMITS, FORM | {"max_exposure": "80"})
    client.post(answer.headers["Location"], {"password": "a guess"})
    assert not LimitChange.objects.exists()


def test_what_waits_stays_when_another_limit_is_changed(client, account):
    limits_change(account=account, by=account.owner, values={"max_exposure": 0.8})
    client.post(LIMITS, FORM | {"max_positions": "2"})
    assert LimitChange.objects.get(limit="max_exposure").state == LimitChange.State.WAITING


def test_what_waits_is_taken_back_by_one_tap(client, account):
    (change,) = limits_change(account=account, by=account.owner, values={"max_exposure": 0.8})
    answer = client.post(reverse("risk:withdraw", args=[change.pk]), follow=True)
    assert "Taken back." in answer.content.decode()
    assert "Cancelled" in text(client)
    again = client.post(reverse("risk:withdraw", args=[change.pk]), follow=True)
    assert "is over already" in again.content.decode()


def test_a_stranger_takes_nothing_back(client, account):
    (change,) = limits_change(account=account, by=account.owner, values={"max_exposure": 0.8})
    for stranger in (make_account().owner, make_user(is_staff=True, is_superuser=True)):
        client.force_login(stranger)
        assert client.post(reverse("risk:withdraw", args=[change.pk])).status_code == 404
    assert client.get(reverse("risk:withdraw", args=[change.pk])).status_code == 405
    client.logout()
    assert client.post(reverse("risk:withdraw", args=[change.pk])).status_code == 302
    change.refresh_from_db()
    assert change.state == LimitChange.State.WAITING


def test_the_form_shows_the_limits_in_force(client, account):
    RiskPolicy.objects.filter(account=account).update(max_position=0.125, daily_loss_amount=1500.5)
    page = client.get(LIMITS).content.decode()
    values = dict(re.findall(r'<input type="text" name="(\w+)" value="([^"]*)"', page))
    assert values == FORM | {"max_position": "12.5", "daily_loss_amount": "1500.5"}


def test_nothing_changed_says_so(client, account):
    assert "Nothing was changed." in client.post(LIMITS, FORM, follow=True).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("max_positions", "2.5", "Open positions at once must be a whole number, was 2.5."),
        ("max_position", "101", "One position must be from 0 to 100, was 101."),
        ("max_exposure", "-1", "All positions together must be from 0 to 100, was -1."),
        ("daily_loss", "much", "Loss of a day must be from 0 to 100, was much."),
        ("daily_loss", "NaN", "Loss of a day must be from 0 to 100, was NaN."),
        ("daily_loss", "", "Loss of a day must be a number, 0 for no limit, was empty."),
        ("max_age", "1e9", "Oldest data to act on must be from 0 to 86,400, was 1e9."),
    ],
)
def test_a_bad_value_is_named_with_its_rule_and_changes_nothing(client, account, field, value, words):
    answer = client.post(LIMITS, FORM | {"max_positions": "2"} | {field: value})
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert now(account) == RiskLimits()


def test_a_user_without_an_account_has_no_limits(client):
    client.force_login(make_user())
    assert client.get(LIMITS).status_code == 404
    assert client.post(LIMITS, FORM).status_code == 404
    assert client.get(RISK).status_code == 200
