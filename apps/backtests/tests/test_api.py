"""Backtests by API: asked for, followed, read, cancelled, deleted."""

import csv
from io import StringIO
from uuid import uuid4

import pytest

from apps.backtests import checks
from apps.backtests.models import Backtest
from apps.backtests.queue import claim_next, report_progress
from apps.backtests.tests.asking import FIRST, LAST, RECORDED, ask
from apps.backtests.work import work
from tradingsite.testing.api import Caller
from tradingsite.testing.people import make_account

BODY = {"strategy": "ma_cross", "market": RECORDED}
KEY = {"Idempotency-Key": "once-1"}


@pytest.fixture
def caller(user) -> Caller:
    return Caller(user)


def test_it_is_asked_for_with_defaults(caller, user):
    answer = caller.post("backtests/", BODY)
    told = answer.json()
    backtest = Backtest.objects.get()
    assert (answer.status_code, told["id"], told["state"]) == (201, str(backtest.pk), "pending")
    assert (told["name"], told["timeframe"], told["granularity"]) == ("Moving-average cross", "15m", "1m")
    assert (told["cash"], told["fee"], told["slippage"], told["currency"]) == ("10000", "0.006", "0", "USD")
    assert (told["start"], told["end"]) == ("2020-02-10T00:00:00Z", "2020-02-17T00:00:00Z")
    assert (told["progress"], told["before"], told["elapsed"], told["total_return"]) == (0, 0, None, None)
    assert caller.get(answer.headers["Location"]).json() == told
    assert backtest.user == user


def test_everything_can_be_told(caller):
    told = {
        "name": "Mine", "params": {"fast": 3, "slow": 8}, "controls": {"size": 0.5, "cooldown": 60}, "timeframe": "5m",
        "start": "2020-02-11T00:00:00Z", "end": "2020-02-12T12:00:00Z", "cash": "500.5", "fee": "0.001",
        "slippage": "0.0005",
    }  # fmt: skip
    answer = caller.post("backtests/", BODY | told).json()
    for name in set(told) - {"params", "controls"}:
        assert answer[name] == told[name], name
    assert (answer["params"]["fast"], answer["params"]["stop"]) == (3, 0)
    assert (answer["controls"]["size"], answer["controls"]["min_confidence"]) == (0.5, 0.7)


def test_it_is_followed_to_its_result(caller):
    first, second = (caller.post("backtests/", BODY).json()["id"] for _ in range(2))
    assert caller.get(f"backtests/{second}/").json()["before"] == 1
    assert caller.get(f"backtests/{first}/result/").json()["detail"] == "This backtest has no result: it is pending."
    report_progress(claim_next(), stage="simulate", bars=1000, bars_done=500, rate=2e6)
    told = caller.get(f"backtests/{first}/").json()
    assert (told["state"], told["stage"], told["progress"], told["bars_per_second"]) == (
        "running", "simulate", 0.35, 2e6,
    )  # fmt: skip
    assert told["elapsed"] is not None
    assert told["remaining"] is not None
    work()
    done = caller.get(f"backtests/{second}/").json()
    result = caller.get(f"backtests/{second}/result/").json()
    assert (done["state"], done["progress"], done["bars"]) == ("done", 1, 10_080)
    assert done["total_return"] == result["metrics"]["total_return"]
    assert done["trades"] == result["metrics"]["trades"]
    assert result["metrics"]["sharpe"] is None
    assert result["results_hash"] == Backtest.objects.get(pk=second).result.results_hash
    assert result["equity"][0]["equity"] == 10_000


def test_its_trades_come_as_a_file(caller, user):
    backtest = ask(user)
    work()
    answer = caller.get(f"backtests/{backtest.pk}/trades.csv/", Accept="text/csv")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(StringIO(answer.content.decode())))
    assert len(rows) == len(caller.get(f"backtests/{backtest.pk}/result/").json()["trades"])
    etag = answer.headers["ETag"]
    assert caller.get(f"backtests/{backtest.pk}/trades.csv/", **{"If-None-Match": etag}).status_code == 304
    missing = caller.get(f"backtests/{uuid4()}/trades.csv/")
    assert (missing.status_code, missing.headers["Content-Type"]) == (404, "application/problem+json")
    assert missing.json()["code"] == "not_found"


def test_what_can_be_played_is_listed(caller):
    (market,) = caller.get("backtests/markets/").json()
    assert (market["market"], market["product"], market["currency"]) == (RECORDED, "BTC-USD", "USD")
    assert market["candles"] == {"1m": {"start": "2020-02-10T00:00:00Z", "end": "2020-02-17T00:00:00Z"}}


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"strategy": "magic"}, "strategy", "is not a valid choice"),
        ({"market": "moon"}, "market", "must be one of"),
        ({"market": None}, "market", "must not be null"),
        ({"params": {"fast": 1}}, "params.fast", "must be between 2 and 1000, was 1"),
        ({"params": {"fast": "3"}}, "params.fast", "must be a number, was '3'"),
        ({"params": {"speed": 1}}, "params.speed", "must be a parameter of ma_cross"),
        ({"controls": {"size": 2}}, "controls.size", "must be at most 1.0 of equity"),
        ({"timeframe": "7m"}, "timeframe", "must be one of 1m, 5m"),
        ({"cash": "0"}, "cash", "must be above 0"),
        ({"cash": "lots"}, "cash", "valid number"),
        ({"fee": "0.51"}, "fee", "0.5"),
        ({"slippage": "-1"}, "slippage", "0"),
        ({"start": "yesterday"}, "start", "wrong format"),
        ({"start": "0001-01-01T00:00:00Z"}, "start", "must be from 2020-02-10 00:00 on"),
        ({"end": "9999-12-31T00:00:00Z"}, "end", "must not be after 2020-02-17 00:00"),
        ({"name": ""}, "name", "must not be empty"),
        ({"name": "x" * 81}, "name", "80"),
        ({"magic": 1}, "magic", "must be a field of this request"),
    ],
)
def test_it_names_the_field_and_the_rule(caller, changes, field, rule):
    answer = caller.post("backtests/", BODY | changes)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert rule in error["rule"]
    assert not Backtest.objects.exists()


def test_the_same_key_asks_once(caller):
    first, again = caller.post("backtests/", BODY, **KEY), caller.post("backtests/", BODY, **KEY)
    assert (first.status_code, again.content) == (201, first.content)
    assert caller.post("backtests/", BODY | {"fee": "0"}, **KEY).status_code == 422
    assert Backtest.objects.count() == 1


def test_a_full_queue_is_a_conflict(caller, user, monkeypatch):
    monkeypatch.setattr(checks, "MOST_OPEN", 1)
    ask(user)
    answer = caller.post("backtests/", BODY)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "must hold at most 1 of your backtests, holds 1" in answer.json()["detail"]


def test_it_is_cancelled_once_and_deleted(caller, user):
    backtest = ask(user)
    path = f"backtests/{backtest.pk}/"
    cancelled = caller.post(f"{path}cancel/")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    again = caller.post(f"{path}cancel/")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert caller.delete(path).status_code == 204
    assert caller.get(path).status_code == 404


def test_lists_are_filtered_and_come_in_pages(caller, user):
    mine = [str(ask(user, strategy=strategy).pk) for strategy in ("ma_cross", "ema_rsi_volume", "ma_cross")]
    ask(make_account().owner)
    work()
    assert [row["id"] for row in caller.get("backtests/?state=done").json()["results"]] == mine[:1]
    first = caller.get("backtests/?limit=2").json()
    second = caller.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == mine[::-1]
    assert [row["id"] for row in caller.get("backtests/?strategy=ema_rsi_volume").json()["results"]] == mine[1:2]
    assert caller.get("backtests/?state=odd").status_code == 400
    assert caller.get("backtests/?cursor=odd").status_code == 400


@pytest.mark.parametrize("pk", ["1", "-" * 36, "0" * 36, "b12538f7-2d1f-4208-92f7-e2d9b9e9c023", "markets2"])
def test_what_is_not_there_answers_404(caller, pk):
    assert caller.get(f"backtests/{pk}/").status_code == 404


def test_a_range_in_the_middle_of_a_day_is_kept(caller):
    answer = caller.post("backtests/", BODY | {"start": "2020-02-10T06:30:00+01:00"}).json()
    assert answer["start"] == "2020-02-10T05:30:00Z"
    assert Backtest.objects.get().start == FIRST + 5 * 3600 + 1800 < LAST
