"""Bots by API: made, told, switched, asked why, deleted."""

import pytest

from apps.bots.models import Bot, Evaluation
from apps.bots.services import bot_pause
from apps.orders.models import Order
from tradingsite.testing.api import Caller
from tradingsite.testing.people import make_bot, make_user
from tradingsite.testing.scripted import LONG


@pytest.fixture
def caller(account) -> Caller:
    return Caller(account.owner)


@pytest.fixture
def bot(account, market) -> Bot:
    """Runs; told to keep a stop of 1 %."""
    return make_bot(account, market.product, params={"stop": 0.01}, size=0.01)


def bought(market, bot):
    market.bar(100, volume=LONG)
    market.bar(100)


def test_a_new_bot_is_stopped_and_told_defaults(caller, account, market):
    body = {"account": account.pk, "product": "BTC-USD", "name": " Cross ", "strategy": "ma_cross"}
    answer = caller.post("bots/", body | {"params": {"slow": 40}, "controls": {"size": 0.1}})
    told = answer.json()
    assert (answer.status_code, told["state"], told["name"], told["version"]) == (201, "stopped", "Cross", 1)
    assert (told["timeframe"], told["params"]["slow"], told["params"]["fast"]) == ("15m", 40, 10)
    assert (told["controls"]["size"], told["controls"]["size_mode"]) == (0.1, "equity")
    assert caller.get(answer.headers["Location"]).json() == told


def test_a_change_makes_a_version_of_what_changes_alone(caller, bot):
    path = f"bots/{bot.pk}/"
    changed = caller.patch(path, {"params": {"target": 0.05}, "timeframe": "5m", "name": "Other"}).json()
    assert (changed["version"], changed["timeframe"], changed["name"]) == (2, "5m", "Other")
    assert changed["params"] == {"stop": 0.01, "target": 0.05, "hold": 0}
    assert caller.patch(path, {"timeframe": "5m"}).json()["version"] == 2
    newest = caller.get(f"{path}versions/").json()["results"][0]
    assert {"field": "timeframe", "old": 60, "new": 300} in newest["changes"]
    back = caller.post(f"{path}rollback/", {"number": 1}).json()
    assert (back["version"], back["timeframe"], back["params"]["target"]) == (3, "1m", 0)


def test_it_is_switched_with_a_reason(caller, bot):
    path = f"bots/{bot.pk}/"
    paused = caller.post(f"{path}pause/", {"reason": "lunch"}).json()
    assert (paused["state"], paused["state_reason"]) == ("paused", "lunch")
    assert caller.post(f"{path}start/").json()["state"] == "running"
    assert caller.post(f"{path}stop/").status_code == 400  # what becomes of the position must be said
    assert caller.post(f"{path}stop/", {"position": "keep"}).json()["state"] == "stopped"


def test_stopping_can_sell_the_position(caller, bot, market):
    bought(market, bot)
    caller.post(f"bots/{bot.pk}/stop/", {"position": "close"})
    assert Order.objects.filter(holder=bot.holder, purpose=Order.Purpose.EXIT, reason="manual").exists()


def test_it_says_why_there_was_no_trade(caller, bot, market):
    market.bars(100, 100)
    why = caller.get(f"bots/{bot.pk}/why/?at=2020-02-10T00:01:30Z").json()
    assert (why["at"], why["verdict"]) == ("2020-02-10T00:01:00Z", "blocked")
    assert why["reason"].startswith("No entry: Volume says long")
    blocking = [gate for gate in why["gates"] if gate["status"] == "blocks"]
    assert blocking[0]["key"] == "volume"
    assert caller.get(f"bots/{bot.pk}/why/?at=2020-02-09T00:00:00Z").status_code == 404
    assert caller.get(f"evaluations/{why['id']}/").json() == why
    assert "gates" not in caller.get(f"bots/{bot.pk}/evaluations/").json()["results"][0]


def test_decisions_are_filtered_by_verdict_and_time(caller, bot, market):
    market.bar(100)
    bought(market, bot)
    path = f"bots/{bot.pk}/evaluations/"

    def times(query):
        return [row["at"][11:16] for row in caller.get(path + query).json()["results"]]

    assert times("") == ["00:03", "00:02", "00:01"]
    assert times("?verdict=enter") == ["00:02"]
    assert times("?since=2020-02-10T00:02:00Z") == ["00:03", "00:02"]
    assert times("?until=2020-02-10T00:01:59Z") == ["00:01"]
    first = caller.get(f"{path}?limit=2").json()
    assert [row["at"][11:16] for row in caller.get(first["next"]).json()["results"]] == ["00:01"]


def test_deciding_now_tells_every_gate_and_places_nothing(caller, bot, market):
    market.bar(100, volume=LONG)
    orders, decisions = Order.objects.count(), Evaluation.objects.count()
    told = caller.post(f"bots/{bot.pk}/evaluate/").json()
    assert (told["bot"], told["price"], told["at"]) == (bot.pk, "100", "2020-02-10T00:01:00Z")
    assert {gate["key"] for gate in told["gates"]} >= {"data", "volume", "halt", "balance"}
    assert (Order.objects.count(), Evaluation.objects.count()) == (orders, decisions)


def test_deciding_without_a_market_names_what_is_missing(caller, bot):
    answer = caller.post(f"bots/{bot.pk}/evaluate/")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "product")


def test_a_deleted_bot_leaves_lists_and_frees_its_name_but_not_its_history(caller, bot, market):
    bought(market, bot)
    path = f"bots/{bot.pk}/"
    for state in ("must be stopped", "must be closed"):
        refused = caller.delete(path)
        assert refused.status_code == 409
        assert state in refused.json()["detail"]
        caller.post(f"{path}stop/", {"position": "keep"})
    caller.post(f"{path}stop/", {"position": "close"})
    market.bars(100, 100)  # the resting exit is cancelled, then the sale is made
    decision = bot.evaluations.latest("at")
    assert caller.delete(path).status_code == 204
    assert caller.get(path).status_code == 404
    assert caller.get("bots/").json()["results"] == []
    assert caller.client.get(f"/bots/{bot.pk}/").status_code == 404
    assert caller.get(f"evaluations/{decision.pk}/").status_code == 200
    again = {"account": bot.account_id, "product": "BTC-USD", "name": bot.name, "strategy": "ma_cross"}
    assert caller.post("bots/", again).status_code == 201


def test_strategies_name_their_parameters_with_bounds(caller):
    told = {row["name"]: row for row in caller.get("strategies/").json()}
    slow = next(each for each in told["ma_cross"]["parameters"] if each["name"] == "slow")
    assert (slow["default"], slow["minimum"], slow["maximum"]) == (30, 3, 5000)
    assert caller.get("strategies/ma_cross/").json() == told["ma_cross"]
    assert caller.get("strategies/magic/").status_code == 404


def test_what_an_operator_paused_its_owner_cannot_start(caller, bot):
    bot_pause(bot=bot, user=make_user(is_staff=True), reason="looks wrong")
    refused = caller.post(f"bots/{bot.pk}/start/")
    assert refused.status_code == 409
    assert refused.json()["detail"] == f"bot: {caller.get(f'bots/{bot.pk}/').json()['held']}"


def test_it_is_tested_on_the_recorded_data_of_its_market(caller, bot, market):
    market.bars(100, 101, 102)
    path = f"bots/{bot.pk}/test/"
    answer = caller.post(path, {"start": "2020-02-10T00:01:00Z", "cash": "500.5"})
    told = answer.json()
    assert (answer.status_code, told["strategy"], told["params"]["stop"]) == (202, "scripted", 0.01)
    assert (told["start"], told["end"], told["cash"]) == ("2020-02-10T00:01:00Z", "2020-02-10T00:03:00Z", "500.5")
    assert caller.get(answer.headers["Location"]).json()["id"] == told["id"]
    assert caller.post(path, {"start": "2021-01-01T00:00:00Z"}).json()["errors"][0]["field"] == "start"
