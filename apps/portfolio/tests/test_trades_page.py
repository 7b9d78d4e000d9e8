"""The trade history: filter, sort, pages, totals, CSV."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from apps.ledger.models import Position
from apps.portfolio import views
from tradingsite.testing.market import make_product
from tradingsite.testing.people import make_account, make_bot

START = datetime(2020, 2, 10, tzinfo=UTC)


@pytest.fixture
def bot(client, db, scripted):
    bot = make_bot(make_account(), make_product(), running=False)
    client.force_login(bot.account.owner)
    return bot


def trade(bot, hours: int, net: str, **fields) -> Position:
    """A closed round trip of one base unit that left ``net`` after a fee of 1."""
    opened = START + timedelta(hours=hours)
    told = {
        "account": bot.account, "generation": bot.account.generation, "holder": bot.holder, "product": bot.product,
        "bought": 1, "bought_notional": 100, "sold": 1, "sold_notional": Decimal(101) + Decimal(net), "fees": 1,
        "opened": opened, "closed": opened + timedelta(minutes=30), "reason": "stop",
    }  # fmt: skip
    return Position.objects.create(**(told | fields))


def shown(client, **query: str) -> list[Decimal]:
    """Net results on the page, in order."""
    return [row.net for row in client.get(reverse("portfolio:trades"), query).context["part"].rows]


def test_it_is_empty_in_words(client, bot):
    assert "No closed trades yet" in client.get(reverse("portfolio:trades")).content.decode()
    text = client.get(reverse("portfolio:trades"), {"result": "win"}).content.decode()
    assert "No trade passes this filter" in text


def test_it_shows_the_newest_first(client, bot):
    for hours, net in ((0, "5"), (2, "-7"), (1, "3")):
        trade(bot, hours, net)
    assert shown(client) == [-7, 3, 5]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("net", [-7, 3, 5]),
        ("-net", [5, 3, -7]),
        ("opened", [5, 3, -7]),
        ("-duration", [3, -7, 5]),
        ("nonsense", [-7, 3, 5]),
    ],
)
def test_it_sorts(client, bot, sort, order):
    trade(bot, 0, "5")
    trade(bot, 2, "-7")
    trade(bot, 1, "3", closed=START + timedelta(hours=1, minutes=50))
    assert shown(client, sort=sort) == order


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ({"result": "win"}, [3, 5]),
        ({"result": "loss"}, [-7]),
        ({"reason": "target"}, [3]),
        ({"since": "2020-02-11"}, [-7, 3]),
        ({"until": "2020-02-10"}, [5]),
        ({"since": "2020-02-11", "until": "2020-02-11", "result": "win"}, [3]),
    ],
)
def test_it_filters_and_sums_up_what_is_left(client, bot, query, left):
    trade(bot, 0, "5")
    trade(bot, 25, "3", reason="target")
    trade(bot, 30, "-7")
    answer = client.get(reverse("portfolio:trades"), query)
    assert [row.net for row in answer.context["part"].rows] == left
    totals = answer.context["totals"]
    assert (totals.trades, totals.net, totals.fees) == (len(left), sum(left), len(left))


def test_it_filters_by_bot_and_market(client, bot):
    other = make_bot(bot.account, make_product("ETH-USD"), running=False)
    trade(bot, 0, "5")
    trade(other, 1, "3")
    assert shown(client, bot=other.holder) == [3]
    assert shown(client, market=str(bot.product_id)) == [5]


def test_earlier_runs_are_shown_only_when_asked_for(client, bot):
    trade(bot, 0, "5", generation=bot.account.generation - 1)
    trade(bot, 1, "3")
    assert shown(client) == [3]
    assert shown(client, run="all") == [3, 5]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"since": "yesterday"}, "Closed from must be a date like 2020-02-03."),
        ({"since": "2020-02-11", "until": "2020-02-10"}, "To must not be before 2020-02-11, was 2020-02-10"),
        ({"bot": "bot-999"}, "Bot must be one of the list, was bot-999."),
        ({"result": "maybe"}, "Result must be one of the list, was maybe."),
    ],
)
def test_it_names_what_it_cannot_filter_by(client, bot, query, words):
    answer = client.get(reverse("portfolio:trades"), query)
    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_it_turns_pages_without_missing_or_repeating_a_trade(client, bot, monkeypatch):
    monkeypatch.setattr(views, "ROWS", 4)
    for number in range(10):
        trade(bot, number // 3, str(number % 2))  # equal keys across the pages
    seen, query = [], {"sort": "net"}
    while True:
        part = client.get(reverse("portfolio:trades"), query).context["part"]
        seen += [row.pk for row in part.rows]
        if not part.cursor:
            break
        query = {"sort": "net", "after": part.cursor}
    assert len(seen) == 10
    assert len(set(seen)) == 10


@pytest.mark.parametrize("cursor", ["x~y", "~", "2020~1~", "9" * 400])
def test_a_malformed_page_answers_400(client, bot, cursor):
    trade(bot, 0, "5")
    assert client.get(reverse("portfolio:trades"), {"after": cursor}).status_code == 400


def rows(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def test_the_csv_holds_the_filter_with_every_digit(client, bot):
    trade(bot, 0, "5", bought=Decimal("0.123456789012345678"))
    trade(bot, 1, "-7")
    answer = client.get(reverse("portfolio:trades_csv"), {"result": "win"})
    (row,) = rows(answer)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="trades.csv"'
    assert row["quantity"] == "0.123456789012345678"
    assert (row["opened_utc"], row["net_result"], row["duration_seconds"]) == ("2020-02-10T00:00:00Z", "5", "1800")


def test_the_csv_defuses_the_names_of_bots(client, bot):
    bot.name = '=HYPERLINK("http://evil.example")'
    bot.save()
    trade(bot, 0, "5")
    (row,) = rows(client.get(reverse("portfolio:trades_csv")))
    assert row["bot"] == f"'{bot.name}"


def test_the_csv_of_a_stranger_is_empty(client, bot):
    trade(bot, 0, "5")
    client.force_login(make_account().owner)
    assert rows(client.get(reverse("portfolio:trades_csv"))) == []


def test_a_trade_is_told_as_a_multiple_of_what_was_at_risk(client, bot):
    trade(bot, 0, "5", stop=0.02)  # 2 were at risk
    trade(bot, 1, "-1", stop=0.04)
    trade(bot, 2, "7")  # without a stop
    answer = client.get(reverse("portfolio:trades"), {"sort": "closed"})
    assert [row.r for row in answer.context["part"].rows] == [Decimal("2.5"), Decimal("-0.25"), None]
    assert answer.context["totals"].r == Decimal("1.125")
    first, second, third = rows(client.get(reverse("portfolio:trades_csv"), {"sort": "closed"}))
    assert (first["risk_multiple"], second["risk_multiple"], third["risk_multiple"]) == ("2.5", "-0.25", "")


def test_a_trade_leads_to_its_chart_as_long_as_its_bars_are_played(client, bot):
    late = trade(bot, 0, "5", closed=START + timedelta(hours=30))
    trade(bot, 1, "3", generation=bot.account.generation - 1)
    charts = client.get(reverse("portfolio:trades"), {"run": "all"}).context["charts"]
    at = int(START.timestamp())
    assert charts == {late.pk: f"/charts/?market=BTC-USD&interval=1h&around={at}"}


def test_the_totals_are_those_of_the_filter_and_not_of_the_page(client, bot, monkeypatch):
    monkeypatch.setattr(views, "ROWS", 2)
    for number in range(5):
        trade(bot, number, str(number))
    totals = client.get(reverse("portfolio:trades")).context["totals"]
    assert (totals.trades, totals.net, totals.fees, totals.win_rate) == (5, 10, 5, 0.8)
