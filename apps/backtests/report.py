"""A backtest's result in words and as JSON. Times are ISO 8601 in UTC, money in quote, ratios plain numbers."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from engine.backtest.result import Result
from engine.config import ProductRules
from engine.kinds import ExitReason

TIMES = ("start", "end", "drawdown_start", "drawdown_bottom", "drawdown_end")
SHARES = ("total_return", "buy_and_hold", "cagr", "max_drawdown", "realised_max_drawdown", "exposure", "win_rate")
TRADE_LINE = "{:20}  {:20}  {:>12}  {:>12}  {:>16}  {:>10}  {:>12}  {}"
TRADE_TITLES = ("entry", "exit", "price in", "price out", "quantity", "fees", "P&L", "reason")


def backtest_json(result: Result, product: ProductRules) -> dict[str, Any]:
    """Metrics, trades and what identifies the run; an undefined metric is null."""
    return {
        "engine_version": result.engine_version,
        "data_hash": result.data_hash,
        "results_hash": result.results_hash,
        "metrics": {name: iso(value) if name in TIMES else value for name, value in result.metrics.items()},
        "trades": [trade_json(trade, product) for trade in result.trades],
    }


def trade_json(trade: np.void, product: ProductRules) -> dict[str, Any]:
    """``pnl`` is net of fees. A trade with reason 'end' was still open: valued at the last close, not sold."""
    return {
        "entry_time": iso(trade["entry_time"]),
        "exit_time": iso(trade["exit_time"]),
        "entry_price": float(trade["entry_price"]),
        "exit_price": float(trade["exit_price"]),
        "quantity": float(product.quantity(trade["qty"])),
        "fees": float(trade["fees"]),
        "pnl": float(trade["pnl"]),
        "reason": ExitReason(trade["reason"]).name.lower(),
    }


def backtest_text(result: Result, product: ProductRules) -> list[str]:
    """Lines for people: every metric, every trade, and what identifies the run."""
    metrics = [f"{name.replace('_', ' '):24}{_metric(name, value)}" for name, value in result.metrics.items()]
    trades = [TRADE_LINE.format(*_cells(trade_json(trade, product))) for trade in result.trades]
    identity = [
        f"engine version  {result.engine_version}",
        f"data hash       {result.data_hash}",
        f"results hash    {result.results_hash}",
    ]
    return [*metrics, "", TRADE_LINE.format(*TRADE_TITLES), *trades, "", *identity]


def iso(seconds: int | None) -> str | None:
    return None if seconds is None else f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%SZ}"


def _metric(name: str, value: Any) -> str:
    if value is None:
        return "n/a"
    if name in TIMES:
        return str(iso(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    return f"{value * 100:.2f} %" if name in SHARES else f"{value:.4f}"


def _cells(trade: dict[str, Any]) -> tuple[str, ...]:
    prices = (f"{trade['entry_price']:.10g}", f"{trade['exit_price']:.10g}")
    money = (f"{trade['quantity']:.8f}", f"{trade['fees']:.2f}", f"{trade['pnl']:.2f}")
    return (trade["entry_time"], trade["exit_time"], *prices, *money, trade["reason"])
