"""A backtest and its result as JSON: what was asked, and the words that the command prints too.

Times are ISO 8601 in UTC, exact amounts text, figures of the core plain numbers, what is undefined null.
"""

from decimal import Decimal
from typing import Any

from apps.backtests.arrays import unpack
from apps.backtests.models import Backtest, BacktestResult
from apps.backtests.report import TIMES, iso, trade_json
from apps.operations.formats import TIMEFRAMES
from engine.config import ProductRules


def request_document(backtest: Backtest) -> dict[str, Any]:
    """What was asked."""
    return {
        "id": str(backtest.pk),
        "name": backtest.name,
        "strategy": backtest.strategy,
        "strategy_version": backtest.strategy_version,
        "params": backtest.params,
        "controls": backtest.controls,
        "market": backtest.market,
        "market_title": backtest.market_title,
        "product": backtest.symbol,
        "timeframe": TIMEFRAMES[backtest.timeframe],
        "granularity": TIMEFRAMES[backtest.granularity],
        "start": iso(backtest.start),
        "end": iso(backtest.end),
        "cash": _exact(backtest.cash),
        "currency": backtest.quote,
        "fee": _exact(backtest.fee),
        "slippage": _exact(backtest.slippage),
    }


def result_document(result: BacktestResult) -> dict[str, Any]:
    """What was asked and what came of it."""
    backtest = result.backtest
    product = ProductRules(symbol=backtest.symbol, **{name: Decimal(text) for name, text in backtest.rules.items()})
    arrays = unpack(bytes(result.arrays))
    return request_document(backtest) | {
        **{
            name: result.report[name]
            for name in ("warmup_bars", "warnings", "assumptions", "months", "reasons", "costs")
        },
        "quality": {
            "missing": result.report["quality"]["missing"],
            "checks": [
                check | {"times": [iso(time) for time in check["times"]]}
                for check in result.report["quality"]["checks"]
            ],
        },
        "engine_version": result.engine_version,
        "data_hash": result.data_hash,
        "results_hash": result.results_hash,
        "seconds": result.seconds,
        "metrics": {name: iso(value) if name in TIMES else value for name, value in result.metrics.items()},
        "equity": [
            {"time": iso(time), "equity": equity, "buy_and_hold": hold, "drawdown": depth}
            for time, equity, hold, depth in arrays["equity"].tolist()
        ],
        "trades": [trade_json(trade, product) for trade in arrays["trades"]],
    }


def _exact(value: Decimal) -> str:
    return f"{value.normalize():f}"
