"""A result cut in pieces: by month, by reason, by cost. Money in quote, ratios plain numbers, months in UTC."""

from itertools import pairwise
from typing import Any

import numpy as np

from apps.backtests.arrays import POINT
from engine.config import ProductRules
from engine.kinds import ExitReason, FillReason

POINTS = 600  # of the equity curve
WORST = (FillReason.MARKET, FillReason.STOP)  # fills that slip

Rows = list[dict[str, Any]]


def months(closes: np.ndarray, equity: np.ndarray, trades: np.ndarray, cash: float) -> Rows:
    """Return and trades of each calendar month; the first and the last may be cut. A bar that closes at midnight
    belongs to the day it ends, a trade to the month it ended in."""
    labels = _months(closes - 1)
    ends = np.append(np.flatnonzero(labels[1:] != labels[:-1]), len(labels) - 1)
    levels = [cash, *equity[ends].tolist()]
    ended = _months(trades["exit_time"] - 1)
    rows = []
    for label, (before, after) in zip(labels[ends], pairwise(levels), strict=True):
        pnl = trades["pnl"][ended == label]
        rows.append(
            {
                "month": str(label), "return": after / before - 1, "profit": after - before, "trades": len(pnl),
                "wins": int(np.count_nonzero(pnl > 0)),
            }
        )  # fmt: skip
    return rows


def reasons(trades: np.ndarray) -> Rows:
    """Trades by why they ended, the most frequent first."""
    rows = []
    for number, count in zip(*np.unique(trades["reason"], return_counts=True), strict=True):
        part = trades[trades["reason"] == number]
        rows.append(
            {
                "reason": ExitReason(number).name.lower(), "trades": int(count),
                "wins": int(np.count_nonzero(part["pnl"] > 0)), "profit": float(part["pnl"].sum()),
                "fees": float(part["fees"].sum()),
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: -row["trades"])


def costs(
    fills: np.ndarray, orders: np.ndarray, product: ProductRules, slippage: float, profit: float
) -> dict[str, Any]:
    """What trading took: fees, and what market and stop fills were worse by. ``profit`` is the net result. Shares are
    of the turnover and of what was gained before costs; None where there is nothing to take from."""
    amounts = fills["qty"] * float(product.lot) * fills["price"]
    bought = orders["side"][fills["order"]] > 0 if len(fills) else np.zeros(0, bool)
    slipped = np.isin(fills["reason"], WORST) * np.where(bought, slippage / (1 + slippage), slippage / (1 - slippage))
    fees, slip, turnover = float(fills["fee"].sum()), float((amounts * slipped).sum()), float(amounts.sum())
    gross = profit + fees + slip
    return {
        "fees": fees,
        "slippage": slip,
        "turnover": turnover,
        "gross": gross,
        "share_of_turnover": (fees + slip) / turnover if turnover else None,
        "share_of_gross": (fees + slip) / gross if gross > 0 else None,
    }


def curve(candles: np.ndarray, granularity: int, equity: np.ndarray, cash: float) -> np.ndarray:
    """The equity curve in at most POINTS points and a first one before the first bar. A point has its bars' last
    equity and their deepest drawdown, so that none is lost."""
    peaks = np.maximum(np.maximum.accumulate(equity), cash)
    parts = np.unique(np.linspace(0, len(equity), min(POINTS, len(equity)) + 1).astype("i8"))
    lasts = parts[1:] - 1
    points = np.zeros(len(lasts) + 1, POINT)
    points["time"] = np.concatenate(([candles["time"][0]], candles["time"][lasts] + granularity))
    points["equity"] = np.concatenate(([cash], equity[lasts]))
    points["hold"] = np.concatenate(([cash], cash * candles["close"][lasts] / candles["open"][0]))
    points["depth"][1:] = np.maximum.reduceat(1 - equity / peaks, parts[:-1])
    return points


def _months(seconds: np.ndarray) -> np.ndarray:
    return seconds.astype("datetime64[s]").astype("datetime64[M]")
