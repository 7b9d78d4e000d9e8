"""What is stored of a result adds up with the result itself."""

from decimal import Decimal

import numpy as np
import pytest

from apps.backtests.arrays import unpack
from apps.backtests.breakdown import POINTS, curve, months
from apps.backtests.models import Backtest
from apps.backtests.outcome import MOST_CANDLES, chart_candles
from apps.backtests.tests.asking import DAY, FIRST, ask
from apps.backtests.work import load, work
from engine.records import TRADE
from engine.tests.markets import random_market


@pytest.fixture
def done(user) -> Backtest:
    backtest = ask(user, strategy="ema_rsi_volume", timeframe=60)
    work()
    return Backtest.objects.select_related("result").get(pk=backtest.pk)


def test_its_parts_add_up_to_the_metrics(done):
    metrics, report = done.result.metrics, done.result.report
    trades = unpack(bytes(done.result.arrays))["trades"]
    closed = metrics["trades"]
    assert sum(row["trades"] for row in report["reasons"]) == len(trades) >= closed > 30
    assert sum(row["profit"] for row in report["reasons"]) == pytest.approx(trades["pnl"].sum())
    assert sum(row["profit"] for row in report["months"]) == pytest.approx(metrics["net_profit"])
    assert report["costs"]["fees"] == pytest.approx(metrics["fees"])
    assert report["costs"]["fees"] == pytest.approx(report["costs"]["turnover"] * 0.006)
    assert report["costs"]["gross"] - report["costs"]["fees"] == pytest.approx(metrics["net_profit"])


def test_its_curve_begins_with_the_cash_and_keeps_the_deepest_fall(done):
    points = unpack(bytes(done.result.arrays))["equity"]
    assert len(points) == POINTS + 1
    assert (points["equity"][0], points["hold"][0]) == (10_000, 10_000)
    assert points["equity"][-1] == done.result.metrics["final_equity"]
    assert points["hold"][-1] == pytest.approx(10_000 * (1 + done.result.metrics["buy_and_hold"]))
    assert points["depth"].max() == pytest.approx(done.result.metrics["max_drawdown"])
    assert np.all(np.diff(points["time"]) > 0)


def test_it_says_what_it_assumes_and_what_deserves_a_thought(done):
    report = done.result.report
    assert any("only warm the strategy up" in line for line in report["assumptions"])
    assert report["warnings"] == [
        "The target of 0.40 % lies below the round-trip cost of 1.20 %: this trade always loses."
    ]
    assert report["quality"]["missing"] == 0


def test_slippage_is_counted_as_a_cost(user):
    ask(user, strategy="ema_rsi_volume", timeframe=60, slippage=Decimal("0.001"), fee=Decimal(0))
    work()
    result = Backtest.objects.get().result
    costs = result.report["costs"]
    assert costs["fees"] == 0
    assert costs["slippage"] == pytest.approx(costs["turnover"] * 0.001, rel=0.3)
    assert costs["gross"] == pytest.approx(result.metrics["net_profit"] + costs["slippage"])


def test_a_range_shorter_than_the_warm_up_says_so(user):
    ask(user, end=FIRST + 3600)
    work()
    result = Backtest.objects.get().result
    assert result.report["warnings"][0].startswith("The strategy needs 7\u00a0h 45\u00a0min to warm up")
    assert result.metrics["trades"] == 0
    assert result.metrics["win_rate"] is None


def test_months_split_returns_and_trades_at_midnight_utc():
    closes = np.array([FIRST, FIRST + 20 * DAY, FIRST + 21 * DAY])  # 2020-03-01T00:00 still belongs to February
    trades = np.zeros(2, TRADE)
    trades["exit_time"], trades["pnl"] = [FIRST + 20 * DAY, FIRST + 21 * DAY], [5, -3]
    first, second = months(closes, np.array([100.0, 110.0, 99.0]), trades, 100.0)
    assert (first["month"], first["return"], first["trades"], first["wins"]) == ("2020-02", pytest.approx(0.1), 1, 1)
    assert (second["month"], second["return"], second["trades"], second["wins"]) == (
        "2020-03", pytest.approx(-0.1), 1, 0,
    )  # fmt: skip


def test_a_short_curve_keeps_every_bar():
    bars = random_market(5)
    points = curve(bars, 60, np.array([10.0, 8.0, 12.0, 9.0, 11.0]), 10.0)
    assert points["equity"].tolist() == [10, 10, 8, 12, 9, 11]
    assert points["depth"].tolist() == pytest.approx([0, 0, 0.2, 0, 0.25, 1 / 12])


def test_a_long_chart_is_kept_in_a_coarser_timeframe(user):
    week = load(ask(user))
    assert chart_candles(week, 60)[0] == 60
    long = random_market(MOST_CANDLES + 1)
    seconds, shown = chart_candles(long, 60)
    assert (seconds, len(shown) < MOST_CANDLES / 4) == (300, True)
