"""Charts: the stretch of bars, indicators beside them, what the account did there, and what the address may ask."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.ledger.models import Position
from apps.markets.candles import store_history
from apps.markets.models import Feed
from apps.orders.models import Fill
from apps.portfolio.charts import bars as bars_module
from apps.portfolio.charts.bars import Where, window
from apps.portfolio.charts.indicators import SETTLING, IndicatorForm, drawn, warm_up
from apps.portfolio.charts.request import place_asked
from apps.portfolio.models import ChartPreference
from engine.tests.markets import random_market
from tradingsite.testing.market import Market, make_product
from tradingsite.testing.people import make_account, make_bot, make_user
from tradingsite.testing.scripted import LONG


@pytest.fixture
def bot(client, market):
    bot = make_bot(make_account(), market.product, params={"stop": 0.02, "target": 0.04}, size=0.1)
    client.force_login(bot.account.owner)
    return bot


def candles(client, **query):
    return client.get(reverse("portfolio:candles"), {"market": "BTC-USD", "interval": "1m"} | query)


def page(client, **query):
    return client.get(reverse("portfolio:charts"), query)


def trade(market) -> None:
    """In at 101, out through the stop."""
    market.bar(100, volume=LONG)
    market.bar(101, 102, 100.5, 101.5)
    market.bar(101, 101, 90, 95)


# --- bars ---


@pytest.fixture
def feed(market, monkeypatch):
    """A hundred minutes of history before the session and ten within it; ten bars an answer."""
    monkeypatch.setattr(bars_module, "BARS", 10)
    monkeypatch.setattr(bars_module, "AHEAD", 4)
    history = random_market(100)
    history["time"] = market.now + 60 * np.arange(-100, 0)
    store_history(market.session, market.product, history, 60, source="test")
    market.bars(*range(100, 110))
    return Feed.objects.select_related("session", "product").get()


def minutes(seen, now: int) -> list[int]:
    """Opening times in minutes before the present."""
    return [(int(time) - now) // 60 for time in seen.shown["time"]]


@pytest.mark.parametrize(
    ("where", "first", "last", "live"),
    [
        (Where(), -10, -1, True),
        (Where(before=-10), -20, -11, False),
        (Where(after=-5), -5, -1, True),
        (Where(after=-60), -60, -51, False),
        (Where(around=-50), -56, -47, False),
        (Where(around=-2), -10, -1, True),
        (Where(before=-1000), 0, -1, False),
    ],
)
def test_it_shows_the_bars_that_were_asked_for(feed, where, first, last, live):
    now = feed.market_time
    moved = Where(**{name: now + value * 60 for name, value in vars(where).items() if value is not None})
    seen = window(feed, 60, moved, warm=7)
    assert minutes(seen, now) == list(range(first, last + 1))
    assert seen.live is live
    assert seen.warm <= 7 + (where.after is not None)


def test_the_bar_that_has_not_closed_is_the_last(market, bot):
    market.bars(100, 104, 98)
    seen = window(Feed.objects.select_related("session", "product").get(), 300, Where())
    assert seen.shown.tolist() == [(market.now - 180, 100.0, 104.0, 98.0, 98.0, 15.0)]
    assert (seen.live, seen.end) == (True, market.now + 120)


# --- indicators ---


def test_warming_up_makes_values_independent_of_where_one_begins():
    closes = random_market(3000)["close"].copy()
    chosen = {"ma": [20], "ema": [50], "bollinger": [20], "rsi": [14], "macd": True}
    warm = warm_up(chosen)
    assert warm == 50 * SETTLING
    whole = list(drawn(chosen, closes))
    part = list(drawn(chosen, closes[-500 - warm :]))
    assert [line.label for line in whole] == [line.label for line in part]
    for one, other in zip(whole, part, strict=True):
        assert np.allclose(one.values[-500:], other.values[-500:], rtol=1e-5, atol=1e-5), one.label


def test_the_bands_lie_around_the_average():
    lines = {
        line.label: line.values[20:]
        for line in drawn({"ma": [20], "bollinger": [20]}, random_market(99)["close"].copy())
    }
    assert np.allclose(lines["MA 20"], lines["BB 20 middle"])
    assert (lines["BB 20 lower"] <= lines["MA 20"]).all()
    assert (lines["BB 20 upper"] >= lines["MA 20"]).all()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("ma=one", "MA must be whole numbers from 2 to 400, was 'one'"),
        ("ma=1", "MA must be whole numbers from 2 to 400, was '1'"),
        ("ema=20,401", "EMA must be whole numbers from 2 to 400, was '20,401'"),
        ("rsi=14,21", "RSI must be at most 1, were 2"),
        ("ma=5,6,7,8", "MA must be at most 3, were 4"),
    ],
)
def test_a_bad_length_is_named(client, bot, query, words):
    form = IndicatorForm(QueryDict(query))
    assert words in str(form.errors.as_data())
    ((name, value),) = QueryDict(query).items()
    assert words in candles(client, **{name: value}).json()[name]
    assert page(client, **{name: value}).status_code == 400


@given(st.text(max_size=24))
def test_lengths_are_whole_numbers_or_refused(text):
    form = IndicatorForm({"ma": text})
    for length in form.chosen.get("ma", []):
        assert 2 <= length <= 400
    assert form.is_valid() or "ma" in form.errors


def test_indicators_come_beside_their_candles(client, bot, market):
    market.bars(*[100 + number % 7 for number in range(40)])
    told = candles(client, ma="5", rsi="14", macd="on").json()
    assert [line["label"] for line in told["indicators"]] == ["MA 5", "RSI 14", "MACD histogram", "MACD", "MACD signal"]
    assert all(len(line["values"]) == len(told["candles"]) == 40 for line in told["indicators"])
    average = told["indicators"][0]["values"]
    assert average[:4] == [None] * 4
    closes = [row[4] for row in told["candles"]]
    assert average[4] == pytest.approx(sum(closes[:5]) / 5)


# --- the account's marks ---


def test_it_marks_entries_and_exits_with_their_result(client, bot, market):
    trade(market)
    told = candles(client).json()
    position = Position.objects.get()
    assert [(mark["side"], mark["time"]) for mark in told["markers"]] == [
        ("buy", market.now - 120), ("sell", market.now - 60),
    ]  # fmt: skip
    assert told["markers"][1]["text"] == f"stop \u2212{-position.pnl:.2f}"
    assert told["lines"] == []
    assert "1 with entries and 1 with exits" in told["summary"]


def test_marks_of_one_bar_and_side_are_one(client, bot, market):
    make_bot(bot.account, bot.product, params={"stop": 0.02}, size=0.1)
    trade(market)
    told = candles(client, interval="5m").json()
    total = sum(position.pnl for position in Position.objects.all())
    assert [mark["text"] for mark in told["markers"]] == ["2 entries", f"2 exits \u2212{-total:.2f}"]


def test_it_draws_the_lines_of_what_is_open(client, bot, market):
    market.bar(100, volume=LONG)
    market.bar(101)
    lines = {line["title"]: line["price"] for line in candles(client).json()["lines"]}
    assert lines == {"entry": 101.0, "stop": 98.98, "target": 105.04}
    assert candles(client, before=str(market.now - 60)).json()["lines"] == []


def test_fills_of_an_earlier_session_are_not_marked(client, bot, market):
    trade(market)
    Fill.objects.update(position=1)
    assert candles(client).json()["markers"] == []


def test_a_stranger_sees_the_market_and_none_of_the_trades(client, bot, market):
    trade(market)
    client.force_login(make_account().owner)
    told = candles(client).json()
    assert len(told["candles"]) == 3
    assert (told["markers"], told["lines"]) == ([], [])


def test_reading_a_chart_costs_as_much_for_many_trades_as_for_one(client, bot, market):
    counts = []
    for _ in range(3):
        trade(market)
        with CaptureQueriesContext(connection) as queries:
            counts.append((len(candles(client).json()["markers"]), len(queries)))
    (fewest, cost), *_, (most, dear) = counts
    assert most > fewest
    assert dear <= cost


# --- addresses ---


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"interval": "7m"}, "interval"),
        ({"before": "yesterday"}, "before"),
        ({"after": "-1"}, "after"),
        ({"before": "1", "after": "1"}, "before"),
        ({"around": "9" * 30}, "around"),
    ],
)
def test_a_bad_place_is_named(client, bot, query, field):
    answer = candles(client, **query)
    assert answer.status_code == 400
    assert field in answer.json()


@given(st.dictionaries(st.sampled_from(["interval", "before", "after", "around"]), st.text(max_size=14), max_size=4))
def test_any_address_is_understood_or_refused(query):
    text = QueryDict(mutable=True)
    text.update(query)
    with suppress(ValidationError):
        timeframe, where = place_asked(text)
        assert timeframe >= 60
        assert sum(value is not None for value in vars(where).values()) <= 1


def test_nobody_is_sent_to_sign_in(client, market):
    assert candles(client).status_code == 302


def test_an_unknown_market_answers_404(client, bot):
    assert candles(client, market="NO-USD").status_code == 404
    assert page(client, market="NO-USD").status_code == 404


def test_a_range_brings_its_bars_and_an_interval_stays(client, bot):
    assert page(client, range="1M").context["interval"] == "1h"
    assert page(client, range="1M", interval="4h").context["interval"] == "4h"
    assert page(client).context["interval"] == "15m"


def test_one_can_go_to_another_market(client, bot, market):
    other = make_product("ETH-USD")
    Market(other, session=market.session)
    Feed.objects.create(product=other, session=market.session, price=200.0)
    text = page(client, market="eth-usd").content.decode()
    assert 'data-chart="/charts/candles.json?market=ETH-USD' in text
    assert 'data-market="BTC-USD"' in text


def test_what_one_keeps_is_the_default_from_then_on(client, bot):
    form = {"market": "BTC-USD", "interval": "1h", "ema": "50", "macd": "on"}
    assert "Keep 1h and these indicators as my default" in page(client, **form).content.decode()
    client.post(reverse("portfolio:charts_keep"), form)
    opened = page(client)
    assert (opened.context["interval"], opened.context["chosen"]) == ("1h", {"ema": [50], "macd": True})
    assert "as my default" not in opened.content.decode()
    assert page(client, ma="").context["chosen"] == {}
    client.force_login(make_account().owner)
    assert page(client).context["interval"] == "15m"
    assert ChartPreference.objects.count() == 1


@pytest.mark.parametrize("form", [{"interval": "7m"}, {"interval": "1h", "ma": "x"}, {}])
def test_nonsense_is_not_kept(client, bot, form):
    assert client.post(reverse("portfolio:charts_keep"), form).status_code == 404
    assert not ChartPreference.objects.exists()


def test_it_opens_at_a_moment(client, bot, market):
    at = int((Position(opened=market.session.opened).opened - timedelta(days=1)).timestamp())
    text = page(client, around=str(at)).content.decode()
    assert f'data-around="{at}"' in text
    assert "Go to the newest bars" in text


def test_a_market_that_has_not_begun_says_so(client, db):
    client.force_login(make_user())
    assert "No market has begun" in page(client).content.decode()


def test_a_user_without_an_account_still_sees_candles(client, market):
    market.bars(100, 101)
    client.force_login(make_user())
    assert len(candles(client).json()["candles"]) == 2
    assert "Open a paper account" in page(client).content.decode()


def test_it_lists_what_is_open_in_the_market(client, bot, market):
    market.bar(100, volume=LONG)
    market.bar(101)
    text = page(client).content.decode()
    assert f'data-v="pos.{Position.objects.get().pk}.pnl"' in text
    assert Decimal("101") == Position.objects.get().entry_price
