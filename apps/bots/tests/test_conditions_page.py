"""Market Conditions: why there was no trade, now and earlier."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from apps.bots.conditions import blocked_counts, gate_rows
from apps.bots.explain import sentence_shown
from apps.bots.models import Bot, Evaluation
from apps.risk.services import halt
from engine.kinds import HaltLevel
from tradingsite.testing.people import make_account, make_bot
from tradingsite.testing.scripted import DOUBTFUL, LONG


@pytest.fixture
def bot(client, market) -> Bot:
    bot = make_bot(make_account(), market.product, params={"stop": 0.02}, size=0.1)
    client.force_login(bot.account.owner)
    return bot


def page(client, **query: str) -> str:
    return client.get(reverse("bots:conditions"), query).content.decode()


def row_of(text: str, gate: str) -> str:
    """The row of a gate in the table of a decision."""
    start = text.index(f'<th scope="row">{gate}')
    return text[start : text.index("</tr>", start)]


def test_it_says_what_is_missing_to_a_user_without_bots(client, db):
    client.force_login(make_account().owner)
    assert "Nothing is watched yet" in page(client)


def test_it_names_the_reason_with_value_and_threshold(client, bot, market):
    market.bar(100)
    text = page(client)
    assert sentence_shown(Evaluation.objects.get()) in text
    assert "the reason" in row_of(text, "Volume says long")
    assert "blocks" in row_of(text, "Volume says long")
    assert "pass" in row_of(text, "Bot running")


def test_a_rule_that_is_off_is_neither_passed_nor_unknown(client, bot, market):
    market.bar(100)
    assert "off" in row_of(page(client), "Cooldown")


def test_a_halt_blocks_in_words(client, bot, market):
    halt(scope="account", level=HaltLevel.ENTRIES, reason="drill", by=None, account=bot.account)
    market.bar(100, volume=LONG)
    text = page(client)
    assert "No entry: a halt is in force" in text
    assert "blocks" in row_of(text, "No halt")


def test_it_tells_since_when_a_gate_stands_as_it_does(bot, market):
    market.bar(100, volume=DOUBTFUL)
    market.bars(100, 100, 100)
    rows = {row.gate.key: row for row in gate_rows(Evaluation.objects.order_by("-position").first())}
    assert rows["volume"].since == datetime(2020, 2, 10, 0, 2, tzinfo=UTC)
    assert rows["state"].since == datetime(2020, 2, 10, 0, 1, tzinfo=UTC)
    assert not rows["state"].always
    assert rows["volume"].blocking


def test_it_filters_the_bots(client, bot, market):
    market.bar(100, volume=DOUBTFUL)  # only the confidence is missing
    assert page(client, show="near").count(f"?show=near&amp;bot={bot.pk}") == 1
    market.bar(100)
    assert "No bot is one gate away" in page(client, show="near")
    assert f"show=blocked&amp;bot={bot.pk}" in page(client, show="blocked")


def test_it_counts_what_blocked_in_a_day_of_market_time(bot, market):
    market.bar(100, volume=DOUBTFUL)
    market.bars(100, 100, 100)
    until = Evaluation.objects.order_by("-at").first().at
    assert [(row.name, row.count, row.share) for row in blocked_counts([bot], until)] == [
        ("Volume says long", 3, 0.75), ("Signal", 1, 0.25),
    ]  # fmt: skip


def test_it_counts_a_day_once_until_somebody_decides(bot, market, django_assert_max_num_queries):
    market.bars(100, 100)
    until = Evaluation.objects.order_by("-at").first().at + timedelta(hours=1)
    (first,) = blocked_counts([bot], until)
    with django_assert_max_num_queries(2):  # how far the accounts are, and where the session began
        assert blocked_counts([bot], until) == [first]
    market.bar(100)
    assert blocked_counts([bot], until)[0].count == first.count + 1


def test_it_looks_at_an_earlier_time(client, bot, market):
    market.bar(100, volume=DOUBTFUL)
    market.bars(100, 100, 100)
    for raw in ("00:01", "2020-02-10 00:01", "2020-02-10T00:01:30+00:00"):
        text = page(client, bot=str(bot.pk), at=raw)
        assert "at 2020-02-10 00:01" in text
        assert "No entry: confidence 50.00\u00a0%, needs 70.00\u00a0% and a long side" in text
        assert "Back to now" in text
    assert "?at=2020-02-10T00%3A02" in text.replace(f"bot={bot.pk}&amp;", "")


def test_before_the_first_decision_there_is_none(client, bot, market):
    market.bar(100)
    assert "No decision at or before 2020-02-09 10:00 UTC" in page(client, bot=str(bot.pk), at="2020-02-09 10:00")


@pytest.mark.parametrize("raw", ["yesterday", "25:61", "2020-13-01 10:00"])
def test_it_names_a_time_it_cannot_read(client, bot, market, raw):
    market.bar(100)
    assert f"Time must be like 14:05 or 2020-02-03 14:05 (UTC), was {raw}" in page(client, bot=str(bot.pk), at=raw)


def test_a_bot_that_is_not_there_answers_404(client, bot):
    for raw in ("999999", "x", "9" * 5000):
        assert client.get(reverse("bots:conditions"), {"bot": raw}).status_code == 404
