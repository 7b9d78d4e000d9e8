"""How well an account did: hand-checked figures, deposits left out, and what must hold for any curve."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.http import Http404, QueryDict
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.ledger.models import Position
from apps.markets.candles import store_history
from apps.portfolio.models import EquitySnapshot
from apps.portfolio.performance.calendar import brief, months
from apps.portfolio.performance.figures import benchmark, figures, in_market
from apps.portfolio.performance.groups import distribution, groups
from apps.portfolio.performance.held import held_columns
from apps.portfolio.performance.run import Run, run_chosen
from apps.portfolio.performance.stretch import Point, Stretch
from engine.tests.markets import candles
from tradingsite.testing.people import make_account, make_bot

D = Decimal
START = datetime(2020, 2, 10, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def points(*rows: tuple[float, str, str]) -> list[Point]:
    """From (hours after START, equity, paid in so far)."""
    return [Point(START + timedelta(hours=hours), D(equity), D(paid)) for hours, equity, paid in rows]


def test_a_deposit_is_no_gain():
    stretch = Stretch(points((0, "1000", "1000"), (12, "1100", "1000"), (30, "2100", "2000"), (36, "2310", "2000")))
    assert (stretch.net, stretch.paid_in) == (310, 1000)
    assert stretch.levels.tolist() == pytest.approx([1000, 1100, 1100, 1210])
    assert stretch.returns.tolist() == pytest.approx([0.1, 0.1])


def test_each_day_has_its_result_and_midnight_ends_a_day():
    stretch = Stretch(points((1, "100", "100"), (24, "110", "100"), (25, "99", "100"), (80, "149", "150")))
    rows = [(row.day.day, row.equity, row.paid_in, row.net) for row in stretch.days]
    assert rows == [(10, 110, 0, 10), (11, 99, 0, -11), (12, 99, 0, 0), (13, 149, 50, 0)]
    assert [row.ratio for row in stretch.days] == pytest.approx([0.1, -0.1, 0, 0])
    assert [row.drawdown for row in stretch.days] == pytest.approx([0, 0.1, 0.1, 0.1])


MOVES = st.lists(st.tuples(st.integers(1, 900), st.floats(0.9, 1.1), st.integers(0, 5)), min_size=1, max_size=60)


@st.composite
def curves(draw) -> tuple[list[Point], list[Point]]:
    """The same trading with and without deposits on the way."""
    at, equity, alone, paid = START, D(1000), D(1000), D(1000)
    with_deposits, without = [Point(at, equity, paid)], [Point(at, alone, D(1000))]
    for minutes, factor, gift in draw(MOVES):
        at += timedelta(minutes=minutes)
        grown = D(repr(factor))
        equity, alone = equity * grown + gift * 100, alone * grown
        paid += gift * 100
        with_deposits.append(Point(at, equity, paid))
        without.append(Point(at, alone, D(1000)))
    return with_deposits, without


@given(curves())
def test_deposits_change_no_return(pair):
    gifted, alone = (Stretch(row) for row in pair)
    assert np.allclose(gifted.returns, alone.returns, rtol=1e-9, atol=1e-12)
    assert gifted.levels[-1] == pytest.approx(alone.levels[-1], rel=1e-9)


@given(curves())
def test_the_days_add_up_to_the_whole(pair):
    for stretch in map(Stretch, pair):
        assert sum(row.net for row in stretch.days) == stretch.net
        assert sum(row.paid_in for row in stretch.days) == stretch.paid_in
        assert np.prod(1 + stretch.returns) == pytest.approx(stretch.levels[-1] / stretch.levels[0], rel=1e-9)
        assert sum(month.net for month in months(stretch.days)) == stretch.net


def test_a_curve_needs_two_points():
    with pytest.raises(ValueError, match="must be at least 2, were 1"):
        Stretch(points((0, "1", "1")))


def snapshot(account, hours: float, equity: str, paid: str = "10000", generation: int = 1) -> None:
    EquitySnapshot.objects.create(
        account=account, generation=generation, at=START + timedelta(hours=hours), equity=D(equity), cash=D(equity),
        deposited=D(paid),
    )  # fmt: skip


def trade(bot, hours: float, net: str, *, held: float = 0.5, **fields) -> Position:
    opened = START + timedelta(hours=hours)
    told = {
        "account": bot.account, "generation": 1, "holder": bot.holder, "product": bot.product, "bought": 1,
        "bought_notional": 100, "sold": 1, "sold_notional": D(101) + D(net), "fees": 1, "opened": opened,
        "closed": opened + timedelta(hours=held), "reason": "stop",
    }  # fmt: skip
    return Position.objects.create(**(told | fields))


@pytest.fixture
def bot(client, market):
    bot = make_bot(make_account(), market.product, running=False)
    client.force_login(bot.account.owner)
    return bot


def test_the_figures_of_a_run(bot):
    for hours, equity in ((0, "10000"), (24, "10200"), (48, "9690"), (72, "10404")):
        snapshot(bot.account, hours, equity)
    for hours, net in ((1, "30"), (2, "-10"), (3, "-20"), (5, "40")):
        trade(bot, hours, net)
    made = figures(Run(bot.account, 1, "All"))
    assert (made["net"], made["total_return"], made["trades"], made["days"]) == (404, pytest.approx(0.0404), 4, 3)
    assert (made["max_drawdown"], made["drawdown_seconds"]) == (pytest.approx(0.05), 2 * 86400)
    assert (made["profit_factor"], made["win_rate"], made["closed_net"]) == (pytest.approx(70 / 30), 0.5, 40)
    assert (made["sharpe"], made["sortino"], made["too_few_to_judge"]) == (None, None, True)
    assert made["in_market"] == pytest.approx(2 / 72)
    assert made["calmar"] == pytest.approx(made["cagr"] / 0.05)


def test_a_range_starts_from_the_last_point_before_it(bot):
    for hours, equity in ((0, "10000"), (30, "10100"), (50, "10200"), (60, "10302")):
        snapshot(bot.account, hours, equity)
    trade(bot, 1, "5")
    trade(bot, 55, "7")
    day = Run(bot.account, 1, "1D")
    assert [point.equity for point in day.points] == [10100, 10200, 10302]
    assert (figures(day)["net"], figures(day)["trades"]) == (202, 1)
    assert figures(Run(bot.account, 1, "All"))["trades"] == 2


def test_what_was_traded_before_the_first_point_counts(bot):
    snapshot(bot.account, 1, "9900")
    snapshot(bot.account, 2, "9950")
    assert figures(Run(bot.account, 1, "All"))["net"] == -50


def test_what_began_with_nothing_has_no_curve(client, bot):
    snapshot(bot.account, 0, "0", "0")
    snapshot(bot.account, 24, "0", "0")
    assert Run(bot.account, 1, "All").stretch is None
    assert "The curve begins soon" in page(client)


def test_figures_without_a_curve_are_undefined(bot):
    made = figures(Run(bot.account, 1, "All"))
    assert (made["net"], made["max_drawdown"], made["sharpe"], made["days"]) == (None, None, None, 0)
    assert (made["trades"], made["win_rate"]) == (0, None)


def test_overlapping_positions_count_once_as_time_in_the_market(bot):
    for hours, held in ((1, 2.0), (2, 2.0), (10, 1.0)):
        trade(bot, hours, "1", held=held)
    trade(bot, 18, "1", closed=None)
    stays = held_columns(Position.objects.all())
    assert in_market(stays, START, START + timedelta(hours=20)) == pytest.approx((3 + 1 + 2) / 20)


def test_holding_is_measured_from_the_first_to_the_last_price(bot, market):
    prices = [(100, 100, 100, 100, 1), (100, 100, 100, 110, 1), (110, 110, 110, 121, 1)]
    bars = candles(prices, start=int(START.timestamp()) - 900, step=900)
    store_history(market.session, bot.product, bars, 900, source="test")
    for hours in (0, 0.25, 0.5):
        snapshot(bot.account, hours, "10000")
    assert benchmark(Run(bot.account, 1, "All")).tolist() == pytest.approx([10000, 11000, 12100])


def test_there_is_nothing_to_hold_without_prices(bot):
    snapshot(bot.account, 0, "10000")
    snapshot(bot.account, 1, "10000")
    assert benchmark(Run(bot.account, 1, "All")) is None


def test_groups_add_up_whatever_they_group_by(bot):
    other = make_bot(bot.account, bot.product, running=False)
    for hours, net, reason, of in ((1, "5", "stop", bot), (1.5, "-7", "target", bot), (9, "3", "stop", other)):
        trade(of, hours, net, reason=reason)
    run, names = Run(bot.account, 1, "All"), {bot.holder: (bot.pk, "First")}
    for by in ("market", "bot", "hour", "reason"):
        rows = groups(run, by, names)
        assert (sum(row.net for row in rows), sum(row.trades for row in rows), sum(row.fees for row in rows)) == (
            1,
            3,
            3,
        )
    assert [(row.label, row.net) for row in groups(run, "bot", names)] == [(other.holder, 3), ("First", -2)]
    assert [row.label for row in groups(run, "hour", names)] == ["01:00", "09:00"]


def test_no_bar_of_the_distribution_mixes_gains_and_losses(bot):
    for net in ("0.4", "0", "-0.2", "2.6", "-3"):
        trade(bot, 1, net)
    bars = distribution(Run(bot.account, 1, "All").held.over.ratios)
    assert sum(bar.count for bar in bars) == 5
    assert sum(bar.count for bar in bars if bar.gains) == 3
    assert all(bar.low >= 0 or bar.high <= 1e-12 for bar in bars)
    assert len(bars) <= 15


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0"),
        ("3.21", "+3.2"),
        ("-12.3", "−12"),
        ("999.4", "+999"),
        ("-1234", "−1.2k"),
        ("2e4", "+20k"),
        ("1e6", "+1.0M"),
    ],
)
def test_a_day_carries_its_sign_in_few_letters(amount, text):
    assert brief(D(amount)) == text


def test_an_earlier_run_can_be_looked_at_and_one_that_never_was_cannot(bot):
    account = bot.account
    snapshot(account, 0, "10000")
    account.generation = 2
    account.save()
    assert run_chosen(account, QueryDict("run=1&range=1W")) == Run(account, 1, "1W")
    for query in ("run=3", "run=x", "run=" + "9" * 40):
        with pytest.raises(Http404):
            run_chosen(account, QueryDict(query))


def page(client, query: str = "") -> str:
    return client.get(reverse("portfolio:performance") + query).content.decode()


def test_the_page_says_when_there_is_too_little_to_judge(client, bot):
    for hours, equity in ((0, "10000"), (24, "10200")):
        snapshot(bot.account, hours, equity)
    trade(bot, 1, "30")
    text = page(client)
    assert "Too few trades (1) to judge" in text
    assert "needs 30 days, has 1" in text
    assert "+200.00\u00a0USD" in text
    assert 'aria-label="10 February: +200.00\u00a0USD, +2.00\u00a0%"' in text


def test_the_page_is_empty_in_words(client, bot):
    text = page(client)
    assert "The curve begins soon" in text
    assert "No closed trades in this range" in text


def test_the_csv_holds_the_days(client, bot):
    for hours, equity, paid in ((0, "10000", "10000"), (24, "10200", "10000"), (30, "10700", "10500")):
        snapshot(bot.account, hours, equity, paid)
    answer = client.get(reverse("portfolio:performance_csv"))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["day_utc"], row["net_result"], row["paid_in"]) for row in rows] == [
        ("2020-02-10", "200", "0"), ("2020-02-11", "0", "500"),
    ]  # fmt: skip
    assert float(rows[0]["return"]) == pytest.approx(0.02)


def test_a_stranger_sees_nothing_of_it(client, bot):
    snapshot(bot.account, 0, "12345")
    snapshot(bot.account, 24, "54321")
    client.force_login(make_account().owner)
    assert "42,000" not in page(client)
    assert len(client.get(reverse("portfolio:performance_csv")).content.decode().splitlines()) == 1
