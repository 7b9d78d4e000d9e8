"""One run of the core: what a command line and a stored backtest alike ask of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from apps.backtests.models import Backtest
from apps.bots.controls import bot_settings
from engine.backtest.result import Result
from engine.backtest.run import Progress, run_backtest
from engine.config import NO_LIMITS, BotSettings, Costs, ProductRules


@dataclass(frozen=True)
class Request:
    """One bot alone on an account of ``cash`` quote, without risk limits. ``timeframe`` in seconds."""

    strategy: str
    params: Mapping[str, Any]
    product: ProductRules
    costs: Costs
    settings: BotSettings
    cash: float
    timeframe: int


def request_of(backtest: Backtest) -> Request:
    """What a stored backtest asks."""
    sizes = {name: Decimal(backtest.rules[name]) for name in ("tick", "lot", "min_size", "min_notional")}
    return Request(
        strategy=backtest.strategy,
        params=backtest.params,
        product=ProductRules(symbol=backtest.symbol, **sizes),
        costs=Costs(maker=backtest.fee, taker=backtest.fee, slippage=backtest.slippage),
        settings=bot_settings(backtest.controls, backtest.timeframe),
        cash=float(backtest.cash),
        timeframe=backtest.timeframe,
    )


def simulate(candles: np.ndarray, request: Request, *, granularity: int, progress: Progress | None = None) -> Result:
    """Plays bars of ``granularity`` seconds; the first of them only warm the strategy up. Raises BacktestError and
    ParameterError."""
    return run_backtest(
        candles,
        strategy=request.strategy,
        params=request.params,
        product=request.product,
        costs=request.costs,
        settings=request.settings,
        limits=NO_LIMITS,
        cash=request.cash,
        timeframe=request.timeframe,
        granularity=granularity,
        progress=progress,
    )
