"""The pages of backtests: asking, watching, reading, downloading, and what only the owner may."""

import csv
import json
import re
from io import StringIO
from uuid import uuid4

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from apps.backtests import checks
from apps.backtests.models import Backtest
from apps.backtests.queue import claim_next, report_progress
from apps.backtests.services import backtest_cancel
from apps.backtests.tests.asking import DAY, FIRST, LAST, RECORDED, ask
from apps.backtests.work import work
from apps.bots.models import Bot
from engine.records import CANDLE
from tradingsite.testing.market import make_product
from tradingsite.testing.people import make_account, make_bot, make_user

OF_ONE = ["detail", "delete", "bot"]
OF_RESULT = ["candles", "trades_csv", "report_json"]


@pytest.fixture
def owner(client, user) -> Client:
    client.force_login(user)
    return client


def of(backtest: Backtest, name: str = "detail", query: str = "") -> str:
    return reverse(f"backtests:{name}", args=[backtest.pk]) + query


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return " ".join(answer.content.decode().split())


def done(user, **changes) -> Backtest:
    backtest = ask(user, **changes)
    work()
    return Backtest.objects.get(pk=backtest.pk)


def offered(client: Client, query: str = "") -> tuple[str, dict]:
    """The form as the page offers it, with the address it is sent to."""
    address = reverse("backtests:new") + query
    context = client.get(address).context
    form = {field.html_name: field.value() for field in context["form"]}
    form = {name: context["form"].fields[name].prepare_value(value) for name, value in form.items()}
    return address, {name: "" if value is None else value for name, value in form.items()} | {"key": context["key"]}


# --- asking ---


def test_the_form_as_it_is_offered_can_be_sent(owner, user):
    for strategy in ("ma_cross", "ema_rsi_volume"):
        address, form = offered(owner, f"?strategy={strategy}")
        answer = owner.post(address, form)
        backtest = Backtest.objects.get(strategy=strategy)
        assert answer.headers["Location"] == of(backtest)
        assert (backtest.start, backtest.end, backtest.user) == (FIRST, LAST, user)
        assert (backtest.market, str(backtest.fee.normalize())) == (RECORDED, "0.006")


def test_it_asks_what_was_typed(owner):
    address, form = offered(owner, "?strategy=ma_cross")
    changes = {
        "name": "Mine", "start": "2020-02-11", "end": "2020-02-12", "cash": "500", "fee": "0.1", "slippage": "0",
        "p_fast": "3", "p_slow": "7", "timeframe": "300", "size": "50",
    }  # fmt: skip
    owner.post(address, form | changes)
    backtest = Backtest.objects.get()
    assert (backtest.start, backtest.end) == (FIRST + DAY, FIRST + 3 * DAY)
    assert (backtest.name, backtest.timeframe, backtest.controls["size"]) == ("Mine", 300, 0.5)
    assert (backtest.params["fast"], backtest.params["slow"]) == (3, 7)
    assert [float(value) for value in (backtest.cash, backtest.fee, backtest.slippage)] == [500, 0.001, 0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Name must have 1 to 60 characters, was empty."),
        ({"market": "moon"}, "Market must be one of the list, was moon."),
        ({"start": "yesterday"}, "From must be a date like 2020-02-10."),
        ({"start": "2019-01-01"}, "From must be from 2020-02-10 00:00 on and before 2020-02-17 00:00, was 2019-01-01"),
        ({"start": "2020-02-12", "end": "2020-02-10"}, "To must be after the start at 2020-02-12 00:00, was 2020"),
        ({"cash": "lots"}, "Capital must be a number, was lots"),
        ({"cash": "1e-999999"}, "Capital must have at most 18 decimals, was 1E-999999"),
        ({"fee": "1e-30"}, "Fee a side must have at most 18 decimals"),
        ({"cash": "-1"}, "Capital must be above 0 and at most 1000000000000, was -1"),
        ({"fee": "60"}, "Fee a side must be between 0 and 50 %, was 60"),
        ({"slippage": "x"}, "Slippage must be a number, was x"),
        ({"size": "101"}, "Size must be between 0 and 100 %, was 101"),
        ({"p_fast": "ten"}, "Fast length must be a number, was ten"),
        ({"p_fast": "30"}, "Fast length must be below slow (30), was 30"),
        ({"cooldown": "1.5"}, "Cooldown must be a whole number, was 1.5"),
        ({"timeframe": "61"}, "Bars must be one of 1m, 5m, 15m, 1h, 4h, 6h, 1d, was 61"),
    ],
)  # fmt: skip
def test_it_names_the_field_the_value_and_the_rule(owner, changes, words):
    address, form = offered(owner, "?strategy=ma_cross")
    answer = owner.post(address, form | changes)
    assert answer.status_code == 400
    assert words in " ".join(answer.content.decode().replace("&#x27;", "'").split())
    assert not Backtest.objects.exists()


def test_it_says_when_too_many_wait(owner, user, monkeypatch):
    monkeypatch.setattr(checks, "MOST_OPEN", 1)
    ask(user)
    answer = owner.post(*offered(owner))
    assert answer.status_code == 400
    assert "Queue must hold at most 1 of your backtests, holds 1" in answer.content.decode()


def test_a_form_sent_twice_asks_once(owner):
    address, form = offered(owner)
    owner.post(address, form)
    answer = owner.post(address, form, follow=True)
    assert "This form was sent already" in answer.content.decode()
    assert Backtest.objects.count() == 1


def test_it_begins_with_what_a_bot_is_told(owner, user, market):
    bot = make_bot(
        user.trading_accounts.get(), market.product, strategy="ma_cross", timeframe=300, params={"fast": 4}, size=0.07
    )
    assert f"{reverse('backtests:new')}?bot={bot.pk}" in read(owner, reverse("bots:detail", args=[bot.pk]))
    _, form = offered(owner, f"?bot={bot.pk}")
    told = {name: str(form[name]) for name in ("name", "market", "timeframe", "p_fast", "size", "fee", "slippage")}
    assert told == {
        "name": bot.name, "market": RECORDED, "timeframe": "300", "p_fast": "4", "size": "7", "fee": "0.6",
        "slippage": "0",
    }  # fmt: skip


def test_it_duplicates_an_earlier_one(owner, user):
    first = done(user, params={"fast": 3}, start=FIRST + DAY, end=FIRST + 2 * DAY)
    owner.post(*offered(owner, f"?from={first.pk}"))
    second = Backtest.objects.exclude(pk=first.pk).get()
    for name in ("params", "controls", "start", "end", "cash", "fee", "slippage", "timeframe", "market", "name"):
        assert getattr(second, name) == getattr(first, name), name


def test_another_strategy_takes_its_own_parameters_and_keeps_the_rest(owner, user):
    first = done(user, start=FIRST + DAY)
    _, form = offered(owner, f"?from={first.pk}&strategy=ema_rsi_volume")
    assert form["p_ema"] == "50"
    assert str(form["start"]) == "2020-02-11"


# --- watching ---


def test_an_empty_list_leads_to_the_first_one(owner):
    assert "Run the first one" in read(owner, reverse("backtests:list"))


def test_it_shows_the_place_in_the_queue_then_the_progress_then_the_report(owner, user):
    ask(make_account().owner)
    backtest = ask(user)
    assert "1 before it in the queue" in read(owner, of(backtest))
    work()
    assert "Next in the queue." in read(owner, of(backtest, query="?fragment=status"))
    mine = claim_next()
    report_progress(mine, stage="simulate", bars=1000, bars_done=500, rate=2_000_000.0)
    page = read(owner, of(backtest, query="?fragment=status"))
    for words in ("Simulating", "500 of 1,000 bars", "35 %", "2,000,000 bars a second", "to go"):
        assert words in page
    assert "data-finished" not in page
    assert "Simulating" in read(owner, reverse("backtests:list") + "?fragment=queue")
    backtest_cancel(backtest=backtest, user=user)
    assert "data-finished" in read(owner, of(backtest, query="?fragment=status"))


def test_it_is_cancelled_from_its_page(owner, user):
    backtest = ask(user)
    answer = owner.post(of(backtest, "cancel"), follow=True)
    assert "It was cancelled" in answer.content.decode()
    assert "was over already" in owner.post(of(backtest, "cancel"), follow=True).content.decode()


def test_the_list_comes_in_pages(owner, user):
    first = ask(user, name="The very first")
    over = {"state": "cancelled", "finished": first.created}
    Backtest.objects.filter(pk=first.pk).update(**over)
    for each in range(50):
        copy = Backtest(**{name: value for name, value in vars(first).items() if name[0] != "_"} | over)
        copy.pk, copy.name = uuid4(), f"Number {each}"
        copy.save(force_insert=True)
    page = owner.get(reverse("backtests:list"))
    assert "The very first" not in page.content.decode()
    second = owner.get(reverse("backtests:list"), {"after": page.context["part"].cursor})
    assert "The very first" in second.content.decode()
    assert "Number" not in second.content.decode()
    assert owner.get(reverse("backtests:list"), {"after": "2020~1"}).status_code == 400


def test_a_failed_one_says_why(owner, user, monkeypatch):
    backtest = ask(user)
    monkeypatch.setattr("apps.backtests.work.read_candles", lambda path: np.zeros(0, CANDLE))
    work()
    assert "It could not be run: range must hold at least one bar" in read(owner, of(backtest))


# --- reading ---


def test_the_report_says_what_there_is_to_know(owner, user):
    page = read(owner, of(done(user, strategy="ema_rsi_volume", timeframe=60)))
    for words in (
        "The target of 0.40 % lies below the round-trip cost", "Equity against buy and hold", "Deepest drawdown",
        "needs 30 days, had 7", "By month", "2020-02", "By reason of the exit", "Share of costs", "Profit factor",
        "only warm the strategy up", "What identifies the run", "Start as paper bot",
    ):  # fmt: skip
        assert words in page, words
    assert "Too few trades" not in page


def test_its_market_times_are_utc_whatever_zone_the_owner_lives_in(owner, user):
    backtest = done(user)
    at_home = read(owner, of(backtest))
    user.time_zone = "America/New_York"
    user.save(update_fields=["time_zone"])
    abroad = read(owner, of(backtest))
    assert "2020-02-10 00:00 to 2020-02-17 00:00 UTC" in abroad
    times = [re.findall(r"2020-02-1\d \d\d:\d\d", page) for page in (at_home, abroad)]
    assert times[0] == times[1]
    assert len(times[0]) > 40


def test_few_trades_are_too_few_to_judge(owner, user):
    page = read(owner, of(done(user, timeframe=3600)))
    assert "Too few trades (" in page
    assert "n/a" in page


def test_a_result_without_a_trade_is_a_page_too(owner, user):
    page = read(owner, of(done(user, end=FIRST + 3600)))
    assert "it could not decide anything" in page
    assert "No trade" in page


def test_its_trades_come_in_pages(owner, user):
    backtest = done(user, strategy="ema_rsi_volume", timeframe=60)
    assert 'id="trades"' in read(owner, of(backtest))
    second = read(owner, of(backtest, query="?after=20"))
    assert ">21</td>" in second
    assert ">20</td>" not in second
    for odd in ("x", "-3", "9" * 30, "99999"):
        read(owner, of(backtest, query=f"?after={odd}"))


def test_its_candles_and_markers_are_those_of_the_trades(owner, user):
    backtest = done(user)
    data = json.loads(read(owner, of(backtest, "candles", "?interval=15m")))
    assert (len(data["candles"]), data["timeframe"], data["places"]) == (500, 900, 2)
    assert data["candles"][-1][0] == LAST - 900
    times = [marker["time"] for marker in data["markers"]]
    assert times == sorted(times)
    assert set(times) <= {bar[0] for bar in data["candles"]}
    earlier = json.loads(read(owner, of(backtest, "candles", f"?interval=15m&before={data['candles'][0][0]}")))
    assert earlier["candles"][-1][0] == data["candles"][0][0] - 900
    sold = [marker for part in (data, earlier) for marker in part["markers"] if marker["side"] == "sell"]
    assert len(sold) == backtest.result.metrics["trades"]


@pytest.mark.parametrize(
    ("query", "field"), [("?interval=7m", "interval"), ("?before=x", "before"), (f"?before={'9' * 30}", "before")]
)
def test_candles_name_what_is_wrong(owner, user, query, field):
    answer = owner.get(of(done(user), "candles", query))
    assert (answer.status_code, list(answer.json())) == (400, [field])


# --- files ---


def test_the_files_hold_every_trade_and_the_hashes(owner, user):
    backtest = done(user, strategy="ema_rsi_volume", timeframe=60)
    rows = list(csv.DictReader(StringIO(owner.get(of(backtest, "trades_csv")).content.decode())))
    document = owner.get(of(backtest, "report_json")).json()
    assert len(rows) == len(document["trades"]) > 100
    assert rows[0]["entry_time_utc"] == document["trades"][0]["entry_time"]
    assert sum(float(row["net_result"]) for row in rows) == pytest.approx(document["metrics"]["net_profit"])
    assert document["results_hash"] == backtest.result.results_hash
    assert (document["timeframe"], document["cash"], document["fee"]) == ("1m", "10000", "0.006")
    assert document["metrics"]["sharpe"] is None
    assert document["equity"][0]["equity"] == 10_000


# --- a bot of it, and away with it ---


def test_it_becomes_a_paper_bot_after_a_question(owner, user):
    make_product()
    backtest = done(user, timeframe=3600, params={"fast": 3})
    page = read(owner, of(backtest, "bot", "?fragment=dialog"))
    for words in ("Make a paper bot of A test?", "risk limits apply", "Too few trades"):
        assert words in page
    assert not Bot.objects.exists()
    form = {"account": user.trading_accounts.get().pk, "name": "Of a test", "deed": "start"}
    form["key"] = owner.get(of(backtest, "bot")).context["key"]
    answer = owner.post(of(backtest, "bot"), form)
    bot = Bot.objects.get()
    assert answer.headers["Location"] == reverse("bots:detail", args=[bot.pk])
    assert (bot.state, bot.version.params["fast"], bot.version.timeframe) == ("running", 3, 3600)
    owner.post(of(backtest, "bot"), form)
    assert Bot.objects.count() == 1


def test_a_taken_name_and_a_strangers_account_are_refused(owner, user):
    make_product()
    backtest = done(user)
    account = user.trading_accounts.get()
    make_bot(account, make_product(), strategy="ma_cross")
    taken = Bot.objects.get().name
    for form, words in (
        ({"account": account.pk, "name": taken}, "must be new in this account"),
        ({"account": make_account().pk, "name": "x"}, "Account must be one of yours."),
        ({"account": account.pk, "name": ""}, "Name must have 1 to 60 characters"),
    ):
        key = owner.get(of(backtest, "bot")).context["key"]
        answer = owner.post(of(backtest, "bot"), form | {"key": key})
        assert (answer.status_code, words in answer.content.decode()) == (400, True), words
    assert Bot.objects.count() == 1


def test_it_says_where_no_account_trades_the_market(owner, user):
    assert "None of your accounts is at a venue that trades BTC-USD" in read(owner, of(done(user), "bot"))


def test_it_is_deleted_after_a_question(owner, user):
    backtest = done(user)
    assert "There is no undo" in read(owner, of(backtest, "delete", "?fragment=dialog"))
    answer = owner.post(of(backtest, "delete"), follow=True)
    assert "A test is deleted." in answer.content.decode()
    assert not Backtest.objects.exists()


# --- who may ---


def test_a_stranger_and_an_operator_get_404_for_what_is_not_theirs(user):
    backtest = done(user)
    for someone in (make_user(), make_user(is_staff=True, is_superuser=True)):
        client = Client()
        client.force_login(someone)
        for name in [*OF_ONE, *OF_RESULT]:
            assert client.get(of(backtest, name)).status_code == 404, name
        for name in ("cancel", "delete", "bot"):
            assert client.post(of(backtest, name)).status_code == 404, name
        assert client.get(reverse("backtests:new") + f"?from={backtest.pk}").status_code == 404
        assert backtest.name not in client.get(reverse("backtests:list")).content.decode()
    assert Backtest.objects.filter(pk=backtest.pk).exists()


def test_a_strangers_bot_gives_no_form(owner, market):
    bot = make_bot(make_account(), market.product)
    assert owner.get(reverse("backtests:new") + f"?bot={bot.pk}").status_code == 404


def test_nobody_is_sent_to_sign_in(client, user):
    backtest = done(user)
    own = [reverse("backtests:list"), reverse("backtests:new")]
    for address in [*own, *(of(backtest, name) for name in [*OF_ONE, *OF_RESULT])]:
        answer = client.get(address)
        assert answer.status_code == 302, address
        assert answer.headers["Location"].startswith(f"{reverse('account_login')}?next="), address
    assert client.post(of(backtest, "cancel")).status_code == 302


def test_what_is_not_there_answers_404(owner, user):
    waiting = ask(user)
    for name in OF_RESULT:
        assert owner.get(of(waiting, name)).status_code == 404, name
    assert owner.get(reverse("backtests:detail", args=[uuid4()])).status_code == 404
    for odd in ("x", "1", str(uuid4())):
        assert owner.get(reverse("backtests:new") + f"?from={odd}").status_code == 404
    assert owner.get(of(waiting, query="?fragment=secrets")).status_code == 404
