"""The candles of a result with its entries and exits, as static/js/candle-chart.js reads them.

Numbers are floats for the eye; nothing computes with them.
"""

from decimal import Decimal
from typing import Any

import numpy as np

from apps.backtests.arrays import unpack
from apps.backtests.models import BacktestResult
from apps.markets.models import TIMEFRAMES
from apps.operations.formats import places_of, plain, reason
from engine.candles import aggregate
from engine.kinds import ExitReason

BARS = 500


def frames(result: BacktestResult) -> list[str]:
    """Names of the timeframes that the stored candles make up."""
    seconds = result.report["candle_seconds"]
    return [name for name, length in TIMEFRAMES.items() if length >= seconds and length % seconds == 0]


def chart_data(result: BacktestResult, timeframe: int, *, before: int | None = None) -> dict[str, Any]:
    """Up to BARS candles that open before ``before`` (market seconds; default: the newest) with the markers among
    them."""
    arrays = unpack(bytes(result.arrays))
    candles = aggregate(arrays["candles"], timeframe)
    if before is not None:
        candles = candles[candles["time"] < before]
    candles = candles[-BARS:]
    tick = Decimal(result.backtest.rules["tick"])
    first, end = (int(candles["time"][0]), int(candles["time"][-1]) + timeframe) if len(candles) else (0, 0)
    return {
        "symbol": "",  # live bars of a market of that name are none of the record
        "timeframe": timeframe,
        "places": places_of(tick),
        "tick": float(tick),
        "candles": [[int(time), *prices] for time, *prices in candles.tolist()],
        "markers": _markers(arrays["trades"], timeframe, first, end),
        "lines": [],
    }


def _markers(trades: np.ndarray, timeframe: int, first: int, end: int) -> list[dict[str, Any]]:
    """Entries and exits in time order; what was still open at the end was not sold and has no exit."""
    found = [(int(time), "buy", "") for time in trades["entry_time"]]
    closed = trades[trades["reason"] != ExitReason.END]
    for time, pnl, number in zip(*(closed[name].tolist() for name in ("exit_time", "pnl", "reason")), strict=True):
        why = reason(ExitReason(number).name.lower())
        # What filled within a bar is stamped with its close, which is where the next one opens.
        inside = number in (ExitReason.STOP, ExitReason.TARGET)
        found.append((int(time) - inside, "sell", f"{why} {plain(pnl, 2, sign=True)}"))
    return [
        {"time": time - time % timeframe, "side": side, "text": text}
        for time, side, text in sorted(found, key=lambda each: each[0])
        if first <= time < end
    ]
