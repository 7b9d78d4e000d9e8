"""What has to be said beside a result: what it assumes, what its candles lack, what deserves a second thought."""

from typing import Any

import numpy as np

from apps.backtests.models import Backtest
from apps.operations.formats import percent, span, timeframe
from engine.config import Costs
from engine.quality import examine
from engine.strategies.base import Strategy
from engine.strategies.validation import warnings

SHOWN = 5  # bars of a doubt
MUCH_MISSING = 0.02  # share of the bars


def assumptions(backtest: Backtest, strategy: Strategy) -> list[str]:
    """In words, so that nobody has to know the core."""
    warmup = strategy.warmup(backtest.params)
    lasts = span(warmup * backtest.timeframe)
    return [
        f"One bot alone on an account of its own, without the account's risk limits, on bars of "
        f"{timeframe(backtest.granularity)}.",
        f"The first {warmup} bars of {timeframe(backtest.timeframe)} ({lasts}) of the range only warm the strategy up.",
        "Signals read closed bars only and trade at the next bar's open; a test proves for every strategy that it does "
        "not look ahead.",
        f"Each fill pays {percent(backtest.fee)}; market and stop fills are {percent(backtest.slippage)} worse than "
        "the price. Every order fills completely: the market does not notice it.",
        "Inside a bar the stop comes before the target; a stop fills at the worse of its price and the open; a target "
        "fills only when the price trades through it.",
        "A position that is open at the end is valued at the last close, not sold, and left out of the figures on "
        "trades.",
    ]


def quality(candles: np.ndarray, granularity: int) -> dict[str, Any]:
    """What is doubtful about the candles (engine.quality): checks with their number and first times."""
    found = examine(candles, granularity)
    checks = [
        {
            "check": finding.check, "title": finding.title, "count": len(finding.times),
            "times": finding.times[:SHOWN].tolist(),
        }
        for finding in found.findings
        if not finding.fatal
    ]  # fmt: skip
    return {"missing": found.missing, "checks": checks}


def cautions(backtest: Backtest, strategy: Strategy, bars: int, missing: int, entries: int) -> list[str]:
    """What deserves a second thought. ``bars`` were played, ``missing`` are not there, ``entries`` were made."""
    costs = Costs(maker=backtest.fee, taker=backtest.fee, slippage=backtest.slippage)
    found = warnings(strategy, backtest.params, costs)
    if strategy.version != backtest.strategy_version:
        found.append(
            f"{strategy.title} has changed since it was asked for: version {strategy.version} ran instead of "
            f"{backtest.strategy_version}."
        )
    warmup = strategy.warmup(backtest.params) * backtest.timeframe
    if warmup >= backtest.end - backtest.start:
        found.append(
            f"The strategy needs {span(warmup)} to warm up, the range has {span(backtest.end - backtest.start)}: "
            "it could not decide anything."
        )
    elif not entries:
        found.append("No position was opened: no signal passed the controls.")
    if missing > MUCH_MISSING * bars:
        found.append(f"{missing:,} bars are missing from the candles: no trade, an exchange halt, or lost data.")
    return found
