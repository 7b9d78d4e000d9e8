"""The backtest: what fills when, how the account is booked, what is refused.

Bars are (open, high, low, close, volume).
"""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from engine.backtest.run import BacktestError, run_backtest
from engine.config import BotSettings, Costs, RiskLimits
from engine.gates import Gate
from engine.kinds import Action, ExitReason, FillReason, OrderKind, Purpose, Verdict
from engine.strategies.base import ParameterError
from engine.tests.markets import candles, random_market
from engine.tests.records import PRODUCT
from engine.tests.scripted import play

FLAT = (100.0, 100.0, 100.0, 100.0, 10.0)


def market(*rows, **fields):
    """Bars that stand still at 100 where ``rows`` says None."""
    return candles([row or FLAT for row in rows], **fields)


def trade_of(result, index=0):
    return {name: result.trades[index][name].item() for name in result.trades.dtype.names}


# When things happen


def test_a_signal_trades_at_the_next_open():
    trade = trade_of(play(market(None, (101, 103, 99, 102, 1), None), [1]))
    assert (trade["entry_time"], trade["entry_price"]) == (60, 101.0)
    assert trade["qty"] == 5000  # half of 10,000 at the signal's close of 100


def test_a_short_signal_sells_at_the_next_open():
    result = play(market(None, None, None, (90, 95, 85, 92, 1), None), [1, 0, -1])
    trade = trade_of(result)
    assert (trade["exit_time"], trade["exit_price"], trade["reason"]) == (180, 90.0, ExitReason.SIGNAL)
    assert trade["pnl"] == pytest.approx(-500)
    assert [row["purpose"] for row in result.orders] == [Purpose.ENTRY, Purpose.EXIT]


def test_the_bar_of_the_entry_may_hit_stop_and_target():
    exits = {"stop": 0.02, "target": 0.02}
    stopped = trade_of(play(market(None, (100, 101, 97, 99, 1)), [1], exits=exits))
    assert (stopped["exit_time"], stopped["exit_price"], stopped["reason"]) == (120, 98.0, ExitReason.STOP)
    reached = trade_of(play(market(None, (100, 103, 99, 99, 1)), [1], exits=exits))
    assert (reached["exit_time"], reached["exit_price"], reached["reason"]) == (120, 102.0, ExitReason.TARGET)


def test_exits_stand_where_the_entry_filled_not_where_the_signal_closed():
    result = play(market(None, (110, 110, 110, 110, 1), None), [1], exits={"stop": 0.01, "target": 0.02})
    assert [row["kind"] for row in result.orders] == [OrderKind.MARKET, OrderKind.BRACKET]
    assert (result.orders[1]["stop"], result.orders[1]["limit"]) == (108.9, 112.2)
    assert (result.orders[1]["decided"], result.orders[1]["purpose"]) == (60, Purpose.PROTECT)


def test_a_hold_ends_at_the_first_close_it_is_over_and_sells_at_the_next_open():
    trade = trade_of(play(market(*[None] * 6), [1], exits={"hold": 180}))
    assert (trade["entry_time"], trade["exit_time"], trade["reason"]) == (60, 240, ExitReason.MAX_HOLD)


def test_a_hold_is_watched_at_every_bar_also_by_a_bot_on_a_higher_timeframe():
    result = play(market(*[None] * 12), [1], exits={"hold": 180}, timeframe=300)
    trade = trade_of(result)
    assert (trade["entry_time"], trade["exit_time"]) == (300, 480)
    assert result.decisions["time"].tolist() == [300, 480, 600]  # a check that does nothing is not a decision


def test_a_hold_that_ends_while_nobody_trades_sells_at_the_next_trade():
    bars = market(*[None] * 10)[[0, 1, 2, 7, 8, 9]]
    bars["open"][3] = 95.0
    trade = trade_of(play(bars, [1], exits={"hold": 180}))
    assert (trade["exit_time"], trade["exit_price"], trade["reason"]) == (420, 95.0, ExitReason.MAX_HOLD)


def test_a_candle_whose_last_minutes_saw_no_trade_closes_on_time():
    bars = market(*[None] * 20)[[0, 1, 2, 6, 7, 10, 11]]
    result = play(bars, [1, 0, 0], timeframe=300)
    assert result.decisions["time"].tolist() == [300, 600, 900][: len(result.decisions)]
    assert trade_of(result)["entry_time"] == 360


def test_a_candle_that_is_still_forming_at_the_end_decides_nothing():
    assert len(play(market(*[None] * 7), [1, 1], timeframe=300).decisions) == 1


def test_after_an_exit_inside_a_bar_its_close_may_enter_again():
    result = play(market(None, (100, 100, 95, 100, 1), None, None), [1, 1], exits={"stop": 0.02})
    assert result.trades["entry_time"].tolist() == [60, 120]


def test_a_position_at_the_last_bar_is_valued_not_sold():
    result = play(market(None, None, (100, 112, 100, 110, 1)), [1], costs=Costs())
    trade = trade_of(result)
    assert (trade["exit_time"], trade["exit_price"], trade["reason"]) == (180, 110.0, ExitReason.END)
    assert len(result.fills) == 1
    assert trade["pnl"] == pytest.approx(5000 / 100 * 10 - trade["fees"])
    assert result.equity[-1] == pytest.approx(10_000 + trade["pnl"])
    assert result.metrics["trades"] == 0
    assert result.metrics["open_pnl"] == pytest.approx(trade["pnl"])


def test_signals_before_the_warm_up_are_not_heard():
    result = play(market(*[None] * 6), [1, 1, 1, 1], exits={"warmup": 3})
    assert result.trades["entry_time"].tolist() == [180]
    assert result.decisions["blocking"].tolist()[:2] == [Gate.HISTORY, Gate.HISTORY]


def test_history_warms_the_strategy_and_is_not_played():
    bars, sides = market(*[None] * 12), [0, 1, 0, 0, 0, -1, 0, 1, 0, -1]
    result = play(bars, sides, exits={"warmup": 6}, start=300)
    assert (result.decisions["time"][0], len(result.decisions), len(result.equity)) == (360, 7, 7)
    assert result.decisions["blocking"][0] != Gate.HISTORY
    assert [(trade["entry_time"], trade["exit_time"]) for trade in result.trades] == [(480, 600)]


def test_history_counts_the_candles_of_the_bot_that_are_whole():
    bars = market(*[None] * 20)
    result = play(bars, [0, 0, 1], timeframe=300, exits={"warmup": 3}, start=720)
    assert result.decisions["time"].tolist() == [900, 1200]
    assert [trade["entry_time"] for trade in result.trades] == [900]


def test_a_start_at_the_first_bar_changes_nothing():
    bars, sides = random_market(600, seed=3, gaps=0.1), [1, 0, -1] * 200
    assert play(bars, sides, start=int(bars["time"][0])).results_hash == play(bars, sides).results_hash


# The account


def test_it_is_marked_at_every_close():
    rows = (None, (100, 104, 100, 104, 1), (104, 104, 96, 96, 1), (96, 100, 96, 100, 1))
    assert play(market(*rows), [1, 0, -1]).equity.tolist() == [10_000, 10_200, 9_800, 9_800]


def test_fees_are_paid_on_both_sides():
    result = play(market(*[None] * 4), [1, 0, -1], costs=Costs(taker=Decimal("0.006")))
    trade = trade_of(result)
    assert trade["fees"] == pytest.approx(60)
    assert trade["pnl"] == pytest.approx(-60)
    assert result.equity[-1] == pytest.approx(9_940)


def test_all_in_pays_its_fee_from_the_same_cash():
    result = play(market(*[None] * 3), [1], settings=BotSettings(size=1), costs=Costs())
    assert result.trades[0]["qty"] == 9940
    assert 0 <= 10_000 - 9940 * 0.01 * 100 * 1.006 < 1.01


def test_an_open_far_above_the_close_buys_what_the_funds_cover():
    result = play(market(None, (105, 105, 105, 105, 1), None), [1])
    assert result.trades[0]["qty"] == 4857  # 5,100 held: the cost at 100 with a margin of 2 %
    assert len(result.fills) == 1


def test_an_open_that_no_funds_cover_leaves_the_account_flat():
    tiny = BotSettings(size=0.00011)
    result = play(market(None, (201, 201, 201, 201, 1), None, None), [1, 0, 1], settings=tiny)
    assert len(result.orders) == 2
    assert result.decisions["verdict"].tolist() == [Verdict.ENTER, Verdict.BLOCKED, Verdict.ENTER, Verdict.HOLD]
    assert result.trades["entry_time"].tolist() == [180]
    assert result.equity.tolist() == [10_000] * 4


def test_a_volume_cap_splits_an_exit_over_bars():
    rows = (None, None, (100, 103, 100, 103, 300), (103, 103, 103, 103, 300))
    result = play(
        market(*rows), [1], exits={"target": 0.02}, costs=Costs(Decimal(0), Decimal(0), volume_share=Decimal("0.1"))
    )
    assert result.fills["qty"].tolist() == [5000, 3000, 2000]
    assert result.fills["reason"].tolist() == [FillReason.MARKET, FillReason.LIMIT, FillReason.LIMIT]
    assert len(result.trades) == 1
    assert result.trades[0]["exit_price"] == pytest.approx(102)


# Rules of risk


def test_a_cooldown_keeps_it_out():
    settings = BotSettings(size=0.5, cooldown=180)
    result = play(market(*[None] * 12), [1, -1, 1, 1, 1, 1, 1], settings=settings)
    assert result.trades["exit_time"][0] == 120
    assert result.trades["entry_time"].tolist() == [60, 300]


def test_a_daily_loss_stops_entries_until_the_next_utc_day():
    start = 86400 - 300
    falls = (None, (100, 100, 80, 80, 1), *[(80, 80, 80, 80, 1)] * 8)
    result = play(
        market(*falls, start=start), [1, -1, 1, 1, 1, 1, 1, 1], limits=RiskLimits(max_position=0, max_exposure=0)
    )
    gates = dict(zip((result.decisions["time"] - 86400).tolist(), result.decisions["blocking"].tolist(), strict=True))
    assert gates[-120] == gates[-60] == Gate.DAILY_LOSS
    assert result.trades["entry_time"].tolist() == [start + 60, 86400]  # the close at midnight opens the new day


def test_a_day_opens_with_the_equity_of_its_first_decision():
    evening = [(100.0,) * 4 + (10.0,)] * 10
    morning = [(80.0,) * 4 + (10.0,)] * 10
    bars = candles(evening + morning)
    bars["time"][:10] += 86_400 - 900  # until 23:55: no candle closes at midnight
    bars["time"][10:] += 86_400 - 600  # from midnight on
    limits = RiskLimits(max_positions=0, max_position=0, max_exposure=0, daily_loss=0.05, max_age=0)
    decisions = play(bars, [1], timeframe=300, limits=limits).decisions
    assert (decisions["time"] - 86_400).tolist() == [-600, -300, 300, 600]
    assert (decisions["passed"] >> Gate.DAILY_LOSS & 1).all()


def test_a_position_limit_caps_the_size():
    limits = RiskLimits(max_position=0.1, max_exposure=0)
    assert play(market(*[None] * 3), [1], limits=limits).trades[0]["qty"] == 1000


# What is recorded


def test_every_candle_has_a_decision_and_actions_have_orders():
    result = play(random_market(300, gaps=0.1), [1, 0, 0, 0, -1] * 60)
    assert len(result.decisions) == len(result.equity)
    entries = result.decisions[result.decisions["action"] == Action.ENTER]
    assert entries["time"].tolist() == result.orders["decided"][result.orders["purpose"] == Purpose.ENTRY].tolist()


def test_the_same_candles_give_the_same_hash_and_another_price_another():
    bars = random_market(300)
    one, same = play(bars, [1, 0, -1] * 100), play(bars.copy(), [1, 0, -1] * 100)
    assert (one.results_hash, one.data_hash) == (same.results_hash, same.data_hash)
    bars["open"][150] += 0.05
    other = play(bars, [1, 0, -1] * 100)
    assert other.results_hash != one.results_hash
    assert other.data_hash != one.data_hash


def test_without_recording_orders_fills_trades_and_equity_are_the_same():
    bars = random_market(500, gaps=0.05)
    full, bare = (play(bars, [1, 0, 0, -1] * 125, exits={"stop": 0.01}, record=record) for record in (True, False))
    for name in ("orders", "fills", "trades", "equity"):
        assert getattr(full, name).tobytes() == getattr(bare, name).tobytes(), name
    assert len(bare.decisions) == 0
    assert bare.results_hash is None


HASHES = """
from engine.config import *
from engine.backtest.run import run_backtest
from engine.tests.markets import random_market
from engine.tests.records import PRODUCT
for strategy, params in (
    ("ema_rsi_volume", {"ema": 10, "rsi": 5, "rsi_high": 90, "volume_factor": 1, "short_closes": 1}),
    ("ma_cross", {"stop": 0.01, "hold": 900}),
):
    result = run_backtest(
        random_market(400, gaps=0.05), strategy=strategy, params=params, product=PRODUCT,
        costs=Costs(slippage=Decimal("0.0003"), volume_share=Decimal("0.5")), settings=BotSettings(cooldown=120),
        limits=RiskLimits(), cash=10_000, timeframe=60,
    )
    print(len(result.trades), result.results_hash)
"""


def test_it_gives_the_same_results_without_the_compiler():
    def printed(disable: str) -> str:
        environment = os.environ | {"NUMBA_DISABLE_JIT": disable}
        root = Path(__file__).parents[2]
        return subprocess.run(
            [sys.executable, "-c", HASHES], env=environment, cwd=root, capture_output=True, text=True, check=True
        ).stdout

    interpreted = printed("1")
    assert interpreted == printed("0")
    assert all(int(line.split()[0]) > 3 for line in interpreted.splitlines())


# What is refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cash": 0}, "cash must be above 0, was 0"),
        ({"cash": float("nan")}, "cash must be above 0, was nan"),
        ({"settings": BotSettings(size=-0.1)}, "size must be above 0, was -0.1"),
        ({"timeframe": 90}, "timeframe must be a multiple of the candles' 60 s, was 90 s"),
        ({"start": 61}, "start must not be after the last candle at 60, was 61"),
        ({"timeframe": 0}, "timeframe must be a multiple of the candles' 60 s, was 0 s"),
    ],
)
def test_it_refuses_what_makes_no_sense(changes, message):
    with pytest.raises(BacktestError, match=message):
        play(market(None, None), [], **changes)


def test_it_refuses_candles_that_are_no_candles():
    with pytest.raises(BacktestError, match="candles must be at least one CANDLE record, was 0"):
        play(market()[:0], [])
    with pytest.raises(BacktestError, match="candle times must rise, did not after row 2"):
        play(market(None, None, None)[[0, 1, 1]], [])
    with pytest.raises(BacktestError, match="candle times must be multiples of 60 s, was 30 in row 1"):
        play(market(None, None, start=30), [])


def test_it_refuses_an_unknown_strategy_and_a_bad_parameter():
    request = {"product": PRODUCT, "costs": Costs(), "settings": BotSettings(), "limits": RiskLimits()}
    for strategy, params, field in (("magic", {}, "strategy"), ("ma_cross", {"fast": 1}, "fast")):
        with pytest.raises(ParameterError, match=f"{field} must be"):
            run_backtest(market(None), strategy=strategy, params=params, cash=1.0, timeframe=60, **request)


def test_candles_from_read_only_memory_are_taken():
    bars = market(*[None] * 4)
    stored = np.frombuffer(bars.tobytes(), bars.dtype)
    assert play(stored, [1, 0, -1]).results_hash == play(bars, [1, 0, -1]).results_hash
