"""The figures against answers worked out by hand."""

import math
import statistics

import numpy as np
import pytest

from engine.kinds import ExitReason
from engine.metrics import (
    annual_growth,
    daily_figures,
    daily_returns,
    drawdown,
    measure,
    probabilistic_sharpe,
    realised_drawdown,
    trade_figures,
)
from engine.records import FILL, TRADE
from engine.tests.markets import candles

DAY = 86400


def trades(*rows):
    """Trades from (entry time, exit time, pnl, reason)."""
    table = np.zeros(len(rows), TRADE)
    for name, column in zip(("entry_time", "exit_time", "pnl", "reason"), range(4), strict=True):
        table[name] = [row[column] for row in rows]
    return table


def test_trades_are_judged_on_their_net_results():
    figures = trade_figures(np.array([100.0, -50.0, 30.0, -40.0, -20.0, 80.0, 0.0]))
    assert figures["trades"] == 7
    assert figures["win_rate"] == pytest.approx(3 / 7)
    assert figures["average_win"] == pytest.approx(70)
    assert figures["average_loss"] == pytest.approx(27.5)  # a trade that brings nothing counts as lost
    assert figures["profit_factor"] == pytest.approx(210 / 110)
    assert figures["expectancy"] == pytest.approx(3 / 7 * 70 - 4 / 7 * 27.5)
    assert figures["expectancy_ratio"] == pytest.approx((3 / 7 * 70 - 4 / 7 * 27.5) / 27.5)
    spread = statistics.stdev([100, -50, 30, -40, -20, 80, 0])
    assert figures["sqn"] == pytest.approx(math.sqrt(7) * (100 / 7) / spread)
    assert (figures["longest_winning_streak"], figures["longest_losing_streak"]) == (1, 2)
    assert figures["too_few_to_judge"] is True


def test_thirty_trades_are_enough_to_judge():
    assert trade_figures(np.ones(30))["too_few_to_judge"] is False


def test_what_is_undefined_for_trades_is_none():
    nothing = trade_figures(np.array([]))
    undefined = ["win_rate", "average_win", "average_loss", "profit_factor", "expectancy", "expectancy_ratio", "sqn"]
    assert [nothing[name] for name in undefined] == [None] * 7
    assert nothing["longest_winning_streak"] == 0
    only_wins = trade_figures(np.array([5.0, 5.0]))
    assert (only_wins["profit_factor"], only_wins["average_loss"], only_wins["sqn"]) == (None, None, None)


def test_each_day_has_a_return_and_a_day_without_a_bar_returns_nothing():
    closes = np.array([3600, DAY, DAY + 60, 3 * DAY + 60, 3 * DAY + 120])
    returns = daily_returns(closes, np.array([101.0, 102.0, 96.9, 97.0, 106.59]), 100.0)
    assert returns.tolist() == pytest.approx([0.02, -0.05, 0.0, 0.1])  # midnight belongs to the day it ends


def test_sharpe_and_sortino_are_annualised_with_365():
    returns = np.array([0.01, -0.005] * 15)
    figures = daily_figures(returns)
    deviation = statistics.stdev(returns.tolist())
    assert figures["sharpe"] == pytest.approx(0.0025 / deviation * math.sqrt(365))
    assert figures["sortino"] == pytest.approx(0.0025 / math.sqrt(0.005**2 / 2) * math.sqrt(365))
    assert figures["days"] == 30


def test_the_probability_of_a_true_sharpe_follows_its_formula():
    returns = np.array([0.01, -0.005] * 15)  # skew 0, kurtosis 1
    daily = 0.0025 / statistics.stdev(returns.tolist())
    z = daily * math.sqrt(29)
    assert probabilistic_sharpe(daily, returns) == pytest.approx(statistics.NormalDist().cdf(z))
    assert daily_figures(returns)["probabilistic_sharpe"] == pytest.approx(statistics.NormalDist().cdf(z))


def test_the_probability_takes_skew_and_kurtosis_into_account():
    returns = np.array([0.03] * 5 + [-0.004] * 25)
    daily = float(returns.mean() / returns.std(ddof=1))
    # Of a two-valued sample with share p = 1/6 of the high value.
    p = 1 / 6
    skew = (1 - 2 * p) / math.sqrt(p * (1 - p))
    kurtosis = 3 + (1 - 6 * p * (1 - p)) / (p * (1 - p))
    z = daily * math.sqrt(29) / math.sqrt(1 - skew * daily + (kurtosis - 1) / 4 * daily**2)
    assert probabilistic_sharpe(daily, returns) == pytest.approx(statistics.NormalDist().cdf(z))


def test_ratios_need_thirty_days_and_a_spread():
    names = ("sharpe", "sortino", "probabilistic_sharpe")
    assert [daily_figures(np.array([0.01, -0.01] * 14))[name] for name in names] == [None] * 3
    assert [daily_figures(np.zeros(40))[name] for name in names] == [None] * 3
    assert daily_figures(np.array([0.01, 0.02] * 15))["sortino"] is None  # no downside to divide by


def test_growth_is_compounded_over_365_days():
    assert annual_growth(100, 121, 2 * 365) == pytest.approx(0.1)
    assert annual_growth(100, 50, 365 / 2) == pytest.approx(-0.75)


@pytest.mark.parametrize(("final", "days"), [(110, 0.5), (0, 100), (-5, 100), (1e9, 1)])
def test_growth_is_undefined_for_less_than_a_day_without_equity_or_beyond_numbers(final, days):
    assert annual_growth(1, final, days) is None


def test_the_deepest_fall_has_its_times():
    closes = np.arange(1, 8) * 60
    fall = drawdown(closes, np.array([110.0, 99.0, 120.0, 90.0, 100.0, 120.0, 130.0]), 0, 100.0)
    assert fall == {
        "max_drawdown": pytest.approx(0.25),
        "drawdown_start": 180,
        "drawdown_bottom": 240,
        "drawdown_end": 360,
        "drawdown_seconds": 180,
    }


def test_a_fall_that_has_not_recovered_counts_until_the_end():
    fall = drawdown(np.array([60, 120, 180]), np.array([100.0, 80.0, 90.0]), 0, 100.0)
    assert (fall["drawdown_start"], fall["drawdown_end"], fall["drawdown_seconds"]) == (0, None, 180)


def test_an_account_that_never_falls_has_no_drawdown():
    fall = drawdown(np.array([60, 120]), np.array([100.0, 101.0]), 0, 100.0)
    assert fall["max_drawdown"] == 0
    assert fall["drawdown_start"] is fall["drawdown_seconds"] is None


def test_the_realised_fall_counts_closed_trades_only():
    assert realised_drawdown(np.array([100.0, -55.0, -55.0, 200.0]), 1000.0) == pytest.approx(0.1)
    assert realised_drawdown(np.array([]), 1000.0) == 0


def test_a_whole_run_is_measured():
    bars = candles([(50, 50, 50, 50, 1), (50, 60, 50, 60, 1), (60, 60, 55, 55, 1)])
    fills = np.zeros(3, FILL)
    fills["fee"] = [1.0, 2.0, 1.5]
    done = trades((60, 120, 20.0, ExitReason.TARGET), (120, 180, -8.0, ExitReason.END))
    figures = measure(bars, 60, np.array([1000.0, 1020.0, 1012.0]), done, fills, 1000.0)
    expected = {
        "start": 0, "end": 180, "bars": 3, "start_equity": 1000, "final_equity": 1012, "net_profit": 12,
        "total_return": 0.012, "buy_and_hold": 0.1, "exposure": 2 / 3, "fees": 4.5, "open_pnl": -8, "trades": 1,
        "max_drawdown": 8 / 1020, "realised_max_drawdown": 0, "cagr": None, "calmar": None, "sharpe": None,
    }  # fmt: skip
    assert {name: figures[name] for name in expected} == pytest.approx(expected)


def test_calmar_is_growth_over_the_deepest_fall():
    bars = candles([(1, 1, 1, 1, 1)] * 3, step=365 * DAY // 3)
    figures = measure(bars, 365 * DAY // 3, np.array([120.0, 90.0, 150.0]), trades(), np.zeros(0, FILL), 100.0)
    assert figures["cagr"] == pytest.approx(0.5)
    assert figures["calmar"] == pytest.approx(0.5 / 0.25)
    assert figures["open_pnl"] is None
