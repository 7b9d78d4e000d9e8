"""From the core's result to what is stored. Only workers import this."""

import numpy as np

from apps.backtests.arrays import pack
from apps.backtests.breakdown import costs, curve, months, reasons
from apps.backtests.models import Backtest, BacktestResult
from apps.backtests.remarks import assumptions, cautions, quality
from apps.backtests.simulation import request_of
from apps.markets.models import TIMEFRAMES
from engine.backtest.result import Result
from engine.candles import aggregate
from engine.strategies.registry import find_strategy

MOST_CANDLES = 12_000  # of the chart that is kept with the result


def result_of(backtest: Backtest, candles: np.ndarray, result: Result) -> BacktestResult:
    """Not saved yet; ``seconds`` is for the caller to set."""
    strategy, cash = find_strategy(backtest.strategy), float(backtest.cash)
    closes = candles["time"] + backtest.granularity
    doubts = quality(candles, backtest.granularity)
    product = request_of(backtest).product
    report = {
        "months": months(closes, result.equity, result.trades, cash),
        "reasons": reasons(result.trades),
        "costs": costs(result.fills, result.orders, product, float(backtest.slippage), result.metrics["net_profit"]),
        "quality": doubts,
        "assumptions": assumptions(backtest, strategy),
        "warnings": cautions(backtest, strategy, len(candles), doubts["missing"], len(result.trades)),
        "warmup_bars": strategy.warmup(backtest.params),
    }
    seconds, shown = chart_candles(candles, backtest.granularity)
    return BacktestResult(
        backtest=backtest,
        metrics=result.metrics,
        report=report | {"candle_seconds": seconds},
        arrays=pack(
            trades=result.trades, equity=curve(candles, backtest.granularity, result.equity, cash), candles=shown
        ),
        bars=len(candles),
        engine_version=result.engine_version,
        data_hash=result.data_hash,
        results_hash=result.results_hash or "",
    )


def chart_candles(candles: np.ndarray, granularity: int) -> tuple[int, np.ndarray]:
    """The finest timeframe in which the chart stays small, with its candles."""
    coarser = [seconds for seconds in TIMEFRAMES.values() if seconds > granularity and seconds % granularity == 0]
    for seconds in [granularity, *coarser]:
        shown = candles if seconds == granularity else aggregate(candles, seconds)
        if len(shown) <= MOST_CANDLES:
            break
    return seconds, shown
