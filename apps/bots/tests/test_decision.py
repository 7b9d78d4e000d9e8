"""One decision on demand: the same as the bot would make, and nothing written."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.bots.decision import decide_now
from apps.bots.models import Bot
from apps.bots.services import bot_pause
from apps.bots.tests.desk import enter, last
from apps.markets.models import Feed
from engine.kinds import EventKind, Verdict
from tradingsite.testing.market import make_product
from tradingsite.testing.people import make_bot
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db


def ask(bot):
    """decide_now, with the proof that it wrote nothing."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = decide_now(Bot.objects.select_related("account__owner", "product", "version").get(pk=bot.pk))
    words = {query["sql"].split()[0] for query in queries.captured_queries}
    assert words <= {"SELECT"}, words
    assert not any("FOR UPDATE" in query["sql"] for query in queries.captured_queries)
    json.dumps(answer, allow_nan=False)
    return answer


def test_it_says_what_the_bot_would_do_and_does_not_do_it(market, account):
    bot = make_bot(account, market.product, size=0.1)
    bot_pause(bot=bot, user=None)
    market.bar(100, volume=LONG)
    Bot.objects.update(state="running")
    answer = ask(bot)
    assert (answer["verdict"], answer["action"], float(answer["quantity"])) == ("enter", "enter", 10)
    assert answer["reason"] == "Entry: every gate passed; buys BTC-USD at the next open."
    assert (answer["price"], answer["product"], answer["confidence"]) == (100, "BTC-USD", 1)
    assert (account.orders.count(), bot.evaluations.count()) == (0, 1)


def test_it_gives_every_gate_and_a_reason_for_no_trade(market, account):
    bot = make_bot(account, market.product)
    market.bar(100)
    answer = ask(bot)
    assert (answer["verdict"], answer["quantity"]) == ("blocked", answer["quantity"])
    assert answer["reason"].startswith("No entry: ")
    statuses = {gate["key"]: gate["status"] for gate in answer["gates"]}
    assert statuses["volume"] == "blocks"
    assert {"data", "market", "state", "halt", "history", "signal", "balance", "exchange"} <= set(statuses)


def test_it_agrees_with_the_decision_that_was_made(market, account):
    bot = make_bot(account, market.product)
    market.bar(100)
    answer, made = ask(bot), last(bot)
    assert answer["verdict"] == Verdict(made.verdict).name.lower()
    assert answer["at"] == made.at.isoformat()


def test_it_decides_on_the_newest_closed_bar_of_the_bots_timeframe(market, account):
    bot = make_bot(account, market.product, timeframe=300)
    market.bars(100, 101, 102, 103, 104, 105, 106)
    market.commit(market.product, EventKind.OPEN, [107])
    assert (ask(bot)["at"], ask(bot)["price"]) == ("2020-02-10T00:05:00+00:00", 104)


def test_a_bot_with_a_position_holds(market, account):
    bot = enter(market, account, stop=0.1)
    assert (ask(bot)["verdict"], ask(bot)["action"]) == ("hold", "none")


def test_what_another_core_remembered_does_no_harm(market, account):
    bot = make_bot(account, market.product)
    market.bar(100)
    Bot.objects.update(memory=b"\x63\0\0\0 from the future")
    assert ask(bot)["verdict"] == "blocked"


def test_without_market_data_it_says_so(market, account):
    bot = make_bot(account, make_product("ETH-USD"))
    with pytest.raises(ValidationError, match="ETH-USD must have market data; is the stream running"):
        decide_now(bot)
    Feed.objects.update(price=None)
    with pytest.raises(ValidationError, match="BTC-USD must have market data"):
        decide_now(make_bot(account, market.product))


def test_the_command_takes_number_or_name(market, account, capsys):
    bot = make_bot(account, market.product)
    market.bar(100)
    for name in (str(bot.pk), bot.name):
        call_command("decide", name)
        assert json.loads(capsys.readouterr().out)["bot"] == bot.pk


def test_the_command_says_what_is_wrong(market, account):
    with pytest.raises(CommandError, match="bot must name one bot by number or name, 'nobody' names 0"):
        call_command("decide", "nobody")
    bot = make_bot(account, make_product("ETH-USD"))
    with pytest.raises(CommandError, match="must have market data"):
        call_command("decide", str(bot.pk))
