"""Accounts, positions and trades by API."""

import pytest

from apps.accounts.models import TradingAccount
from tradingsite.testing.api import Caller, Desk, make_desk
from tradingsite.testing.people import make_account


@pytest.fixture
def desk(market) -> Desk:
    return make_desk(market)


@pytest.fixture
def account(market) -> TradingAccount:
    return make_account()


@pytest.fixture
def caller(account) -> Caller:
    return Caller(account.owner)


def test_an_account_is_opened_with_its_first_deposit(caller):
    answer = caller.post("accounts/", {"name": " Second ", "deposit": "250.50"})
    told = answer.json()
    assert (answer.status_code, told["name"], told["venue"], told["run"]) == (201, "Second", "replay", 1)
    assert told["balances"] == [{"currency": "USD", "total": "250.5", "held": "0", "free": "250.5"}]
    assert caller.get(answer.headers["Location"]).json() == told


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "N", "venue": "moon"}, "venue"),
        ({"name": "N", "deposit": "0"}, "deposit"),
        ({"name": "N", "deposit": "1.005"}, "deposit"),
        ({"name": "N", "deposit": "1e9"}, "deposit"),
        ({"name": "N", "deposit": "NaN"}, "deposit"),
        ({"name": "N", "deposit": [1]}, "deposit"),
    ],
)
def test_an_account_that_breaks_a_rule_is_not_opened(caller, body, field):
    answer = caller.post("accounts/", body)
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert TradingAccount.objects.count() == 1


def test_a_name_that_is_taken_is_named(caller, account):
    assert "taken" in caller.post("accounts/", {"name": account.name}).json()["detail"]


def test_a_deposit_raises_the_balance_and_is_an_entry(caller, account):
    answer = caller.post(f"accounts/{account.pk}/deposits/", {"amount": "99.95"})
    assert answer.json()["kind"] == "deposit"
    assert caller.get(answer.headers["Location"]).json() == answer.json()
    assert caller.get(f"accounts/{account.pk}/").json()["balances"][0]["free"] == "10099.95"


def test_a_deposit_under_a_key_is_made_once(caller, account):
    for _ in range(2):
        caller.post(f"accounts/{account.pk}/deposits/", {"amount": "1"}, **{"Idempotency-Key": "d"})
    assert caller.get(f"accounts/{account.pk}/").json()["balances"][0]["total"] == "10001"


def test_a_reset_begins_a_new_run_and_keeps_the_trades(desk):
    told = desk.caller.post(f"accounts/{desk.account.pk}/reset/", {"reason": "anew", "deposit": "500"}).json()
    assert (told["run"], told["balances"][0]["total"] in ("500", "0")) == (2, True)
    assert desk.caller.get("positions/").json()["results"] == []
    assert desk.caller.get("trades/").json()["results"] == []
    assert len(desk.caller.get("trades/?run=all").json()["results"]) == 3


def test_equity_is_the_sum_of_cash_and_positions(desk):
    told = desk.caller.get(f"accounts/{desk.account.pk}/equity/").json()
    assert float(told["equity"]) == pytest.approx(float(told["cash"]) + float(told["exposure"]))
    assert 0 <= told["drawdown"] < 0.01
    assert desk.caller.get(f"accounts/{desk.account.pk}/limits/").json()["max_positions"] == 5
    assert desk.caller.get(f"accounts/{desk.account.pk}/history/").json()["results"] == []


def test_positions_are_marked_to_the_last_price(desk):
    path = f"positions/?bot={desk.bot.pk}"
    (told,) = desk.caller.get(path).json()["results"]
    assert (told["entry_price"], told["mark"], told["bot_name"]) == ("103", "103", desk.bot.name)
    assert (told["stop_price"], told["unprotected"]) == ("101.97", "0")
    assert desk.caller.get(f"positions/{told['id']}/").json() == told
    etag = desk.caller.get(path).headers["ETag"]
    assert desk.caller.get(path, **{"If-None-Match": etag}).status_code == 304


def test_trades_are_filtered_and_summed_up(desk):
    (told,) = desk.caller.get("trades/").json()["results"]
    assert (told["entry_price"], told["exit_price"], told["reason"]) == ("100", "102", "target")
    assert (told["bot"], told["product"], told["run"]) == (desk.done.pk, "BTC-USD", 1)
    assert desk.caller.get(f"trades/{told['id']}/").json() == told
    totals = desk.caller.get("trades/totals/").json()
    assert (totals["trades"], totals["wins"], totals["net"]) == (1, 1, told["net"])
    for nothing in ("?result=loss", "?reason=stop", "?until=2020-02-10T00:01:00Z", f"?bot={desk.bot.pk}"):
        assert desk.caller.get(f"trades/{nothing}").json()["results"] == [], nothing
        assert desk.caller.get(f"trades/totals/{nothing}").json()["trades"] == 0, nothing
    assert desk.caller.get("trades/totals/?limit=1").status_code == 400
