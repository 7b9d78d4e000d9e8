"""The list of bots, the page of one, and what its owner can do there."""

import pytest
from django.urls import reverse

from apps.bots.models import Bot
from apps.ledger.models import Position
from apps.operations.models import AuditEntry
from apps.orders.models import Order
from tradingsite.testing.people import make_account, make_bot
from tradingsite.testing.scripted import LONG, SHORT


@pytest.fixture
def bot(client, market) -> Bot:
    bot = make_bot(make_account(), market.product, params={"stop": 0.02, "target": 0.04}, size=0.1)
    client.force_login(bot.account.owner)
    return bot


def page(client, bot: Bot, query: str = "") -> str:
    return client.get(reverse("bots:detail", args=[bot.pk]) + query).content.decode()


def enter(market) -> None:
    market.bar(100, volume=LONG)
    market.bar(101, 102, 100.5, 101.5)


def switch(client, bot: Bot, verb: str, **form: str):
    return client.post(reverse("bots:switch", args=[bot.pk, verb]), form)


def test_the_list_groups_bots_with_errors_first(client, bot):
    stopped = make_bot(bot.account, bot.product, running=False)
    Bot.objects.filter(pk=bot.pk).update(state="error", state_reason="a broken gear")
    answer = client.get(reverse("bots:list"))
    assert [label for label, _ in answer.context["groups"]] == ["Error", "Stopped"]
    text = answer.content.decode()
    assert text.index("a broken gear") < text.index(stopped.name)


def test_the_list_shows_temperature_reason_and_results(client, bot, market):
    market.bar(100)
    assert "Frozen" in client.get(reverse("bots:list")).content.decode()
    enter(market)
    market.bar(99, 99.5, 90, 91)  # through the stop
    text = client.get(reverse("bots:list")).content.decode()
    position = Position.objects.get()
    assert position.pnl < 0
    assert f"\u2212{-position.pnl:,.2f}\u00a0USD" in text
    assert "No entry: Volume says long" in text


def test_the_page_shows_decision_position_and_orders(client, bot, market):
    enter(market)
    text = page(client, bot)
    assert "Holds: a position is open or an order is working." in text
    assert "Bracket" in text or "bracket" in text
    assert f'data-v="bot.{bot.pk}.open"' in text
    assert "No open position" in text  # the gate's name


def test_it_waits_for_its_first_bar_in_words(client, bot):
    assert "The first comes at the close of the present bar of 1m" in page(client, bot)


def test_the_page_marks_what_said_no(client, bot, market):
    market.bar(100)
    text = page(client, bot)
    marked = text[text.index('<li class="first">') :]
    assert marked.index("Volume says long") < marked.index("blocks")


def test_it_pauses_starts_and_stops_with_reasons_on_record(client, bot):
    for verb, form, state in (
        ("pause", {}, "paused"),
        ("start", {}, "running"),
        ("stop", {"position": "keep"}, "stopped"),
    ):
        answer = switch(client, bot, verb, **form)
        assert answer.headers["Location"] == reverse("bots:detail", args=[bot.pk])
        bot.refresh_from_db()
        assert bot.state == state
        assert AuditEntry.objects.filter(action=f"bot.{state}", actor=bot.account.owner).exists()


def test_the_question_says_what_follows_and_works_without_scripts(client, bot, market):
    enter(market)
    for part in ("", "?fragment=dialog"):
        text = client.get(reverse("bots:switch", args=[bot.pk, "stop"]) + part).content.decode()
        assert "Keep the position. Its resting stop and target stay" in text
        assert "It holds <strong>" in text
        assert ("<!doctype html>" in text) == (part == "")


def test_stopping_asks_what_becomes_of_the_position(client, bot, market):
    enter(market)
    answer = switch(client, bot, "stop")
    assert answer.status_code == 400
    assert "Choose what becomes of the position." in answer.content.decode()
    assert switch(client, bot, "stop", position="burn").status_code == 400
    bot.refresh_from_db()
    assert bot.state == Bot.State.RUNNING


def test_stop_and_sell_leaves_nothing_behind(client, bot, market):
    enter(market)
    switch(client, bot, "stop", position="close")
    market.settle()
    market.bar(102)
    position = Position.objects.get()
    assert (position.quantity, position.reason) == (0, "manual")
    assert not Order.objects.filter(finished=None).exists()


def test_stop_and_keep_leaves_the_resting_exit(client, bot, market):
    enter(market)
    switch(client, bot, "stop", position="keep")
    market.settle()
    assert Position.objects.get().quantity > 0
    assert Order.objects.get(purpose="protect").state == "open"


def test_a_verb_that_does_not_exist_answers_404(client, bot):
    assert switch(client, bot, "explode").status_code == 404


EDIT = {
    "timeframe": "300", "size_mode": "equity", "size": "2", "confirmation": "0", "cooldown": "0", "step": "0",
    "min_confidence": "70", "p_stop": "1", "p_target": "4", "p_hold": "0",
}  # fmt: skip


def test_an_edit_is_shown_before_it_is_saved(client, bot, market):
    enter(market)
    address = reverse("bots:edit", args=[bot.pk])
    text = client.post(address, EDIT | {"name": bot.name, "deed": "preview"}).content.decode()
    assert "keeps the stop, target and" in text
    assert "Save as version 2" in text
    for words in ("2.00\u00a0%", "1.00\u00a0%", "1m", "5m"):
        assert words in text
    assert bot.versions.count() == 1


def test_a_saved_edit_is_a_version_with_its_difference(client, bot):
    client.post(reverse("bots:edit", args=[bot.pk]), EDIT | {"name": "Renamed", "deed": "save"})
    bot.refresh_from_db()
    assert (bot.name, bot.version.number, bot.version.timeframe, bot.version.params["stop"]) == (
        "Renamed",
        2,
        300,
        0.01,
    )
    text = client.get(reverse("bots:versions", args=[bot.pk])).content.decode()
    assert text.index("Version 2") < text.index("Version 1")
    assert 'class="num old">1m</td><td class="num new">5m' in text


def test_an_edit_that_breaks_a_rule_saves_nothing(client, bot):
    answer = client.post(reverse("bots:edit", args=[bot.pk]), EDIT | {"name": bot.name, "deed": "save", "p_stop": "80"})
    assert answer.status_code == 400
    assert "Stop must be between 0 and 50 %, was 80" in answer.content.decode()
    assert bot.versions.count() == 1


def test_a_name_taken_by_another_bot_is_refused(client, bot):
    other = make_bot(bot.account, bot.product)
    answer = client.post(reverse("bots:edit", args=[bot.pk]), EDIT | {"name": other.name, "deed": "save"})
    assert answer.status_code == 400
    assert f"Name must be new in this account, &#x27;{other.name}&#x27; is taken" in answer.content.decode()


def test_a_roll_back_is_a_new_version(client, bot):
    client.post(reverse("bots:edit", args=[bot.pk]), EDIT | {"name": bot.name, "deed": "save"})
    address = reverse("bots:rollback", args=[bot.pk, 1])
    assert "Bring back version 1" in client.get(address).content.decode()
    client.post(address)
    bot.refresh_from_db()
    assert (bot.version.number, bot.version.timeframe, bot.version.params["stop"]) == (3, 60, 0.02)
    assert client.get(reverse("bots:rollback", args=[bot.pk, 9])).status_code == 404


def candles(client, bot: Bot, **query: str):
    return client.get(reverse("bots:candles", args=[bot.pk]), query)


def test_the_chart_gets_candles_markers_and_lines(client, bot, market):
    enter(market)
    data = candles(client, bot, interval="1m").json()
    assert [bar[0] for bar in data["candles"]] == [market.now - 120, market.now - 60]
    assert data["candles"][-1][1:5] == [101.0, 102.0, 100.5, 101.5]
    assert [(marker["side"], marker["time"]) for marker in data["markers"]] == [("buy", market.now - 60)]
    assert {line["kind"]: line["price"] for line in data["lines"]} == {"entry": 101.0, "stop": 98.98, "target": 105.04}
    market.bar(101, 101, 90, 95, volume=SHORT)
    closed = candles(client, bot, interval="1m").json()
    assert closed["markers"][-1]["text"].startswith("stop \u2212")
    assert closed["lines"] == []


def test_the_chart_shows_the_bar_that_has_not_closed(client, bot, market):
    market.bars(100, 104, 98)
    data = candles(client, bot, interval="5m").json()
    assert data["candles"] == [[market.now - 180, 100.0, 104.0, 98.0, 98.0, 15.0]]


def test_the_chart_goes_back_before_a_time(client, bot, market):
    market.bars(100, 101, 102)
    data = candles(client, bot, interval="1m", before=str(market.now - 60)).json()
    assert [bar[4] for bar in data["candles"]] == [100.0, 101.0]


@pytest.mark.parametrize(("name", "value"), [("interval", "7m"), ("before", "yesterday")])
def test_the_chart_names_a_bad_value(client, bot, name, value):
    answer = candles(client, bot, **{name: value})
    assert answer.status_code == 400
    assert value in answer.json()[name]
