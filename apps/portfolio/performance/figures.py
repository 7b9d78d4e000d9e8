"""What a run was worth: the core's figures over the account's own curve and trades. Undefined is None."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import Sum

from apps.markets.candles import load_range
from apps.orders.models import Fill
from apps.portfolio.kept import kept
from apps.portfolio.performance.held import Held
from apps.portfolio.performance.run import Run
from apps.portfolio.performance.stretch import DAY, Stretch
from engine.metrics import LEAST_DAYS, annual_growth, daily_figures, drawdown, realised_drawdown, trade_figures

BAR = 900  # seconds a bar of the benchmark
NO_CURVE: dict[str, Any] = dict.fromkeys(
    (
        "net", "total_return", "cagr", "calmar", "max_drawdown", "drawdown_start", "drawdown_bottom", "drawdown_end",
        "drawdown_seconds", "realised_max_drawdown", "in_market", *daily_figures(np.zeros(0)),
    )
) | {"days": 0, "least_days": LEAST_DAYS}  # fmt: skip


def figures(run: Run) -> dict[str, Any]:
    """Of the curve, of the closed trades, and against buying the benchmark and holding it."""
    pnl = run.held.over.net
    made = trade_figures(pnl) | {"closed_net": run.held.total, "fees": kept(("fees", *run.stamp), lambda: fees(run))}
    stretch = run.stretch
    if stretch is None:
        return NO_CURVE | made
    return made | of_curve(stretch) | {
        "realised_max_drawdown": realised_drawdown(pnl, float(stretch.levels[0])),
        "in_market": in_market(run.held, stretch.first.at, stretch.last.at),
    }  # fmt: skip


def of_curve(stretch: Stretch) -> dict[str, Any]:
    start, end = int(stretch.times[0]), int(stretch.times[-1])
    levels, began = stretch.levels[1:], float(stretch.levels[0])
    fall = drawdown(stretch.times[1:], levels, start, began)
    growth = annual_growth(began, float(levels[-1]), (end - start) / DAY) if began > 0 else None
    deepest = fall["max_drawdown"]
    return {
        "net": stretch.net,
        "total_return": float(levels[-1]) / began - 1 if began > 0 else None,
        "cagr": growth,
        "calmar": growth / deepest if growth is not None and deepest else None,
        "least_days": LEAST_DAYS,
        **fall,
        **daily_figures(stretch.returns),
    }


def fees(run: Run) -> Decimal:
    """Paid in the range, of open positions too."""
    paid = Fill.objects.filter(account=run.account, order__generation=run.generation, fee_currency=run.account.currency)
    if run.since:
        paid = paid.filter(at__gt=run.since)
    return paid.aggregate(total=Sum("fee"))["total"] or Decimal(0)


def in_market(held: Held, start: datetime, end: datetime) -> float:
    """Share of the time in which at least one position was open."""
    stays = np.column_stack((held.opened, held.closed))
    return covered(stays[np.argsort(held.opened, kind="stable")], start.timestamp(), end.timestamp())


def covered(stays: np.ndarray, start: float, end: float) -> float:
    """The part of ``start`` to ``end`` in which at least one of the stays lasted: rows of when each began and ended,
    NaN for not yet, in the order in which they began."""
    opened = np.clip(stays[:, 0], start, end)
    closed = np.clip(np.where(np.isnan(stays[:, 1]), end, stays[:, 1]), start, end)
    until = np.maximum.accumulate(np.concatenate([[start], closed]))[:-1]  # the latest end of those before
    return float(np.maximum(closed - np.maximum(opened, until), 0.0).sum() / (end - start))


def benchmark(run: Run) -> np.ndarray | None:
    """What the first equity would be worth at each point had it bought the market and held it; None without prices."""
    stretch, session, market = run.stretch, run.session, run.market
    if stretch is None or session is None or market is None:
        return None
    start, end = int(stretch.times[0]), int(stretch.times[-1])
    bars = load_range(session, market, BAR, start=start - DAY, end=end)
    if not len(bars):
        return None
    index = np.searchsorted(bars["time"] + BAR, stretch.times, side="right") - 1
    prices = np.where(index >= 0, bars["close"][np.maximum(index, 0)], bars["open"][0])
    return stretch.levels[0] * prices / prices[0]
