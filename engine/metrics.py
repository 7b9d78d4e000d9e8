"""What a run was worth: the figures of SEMANTICS section 10. Undefined is None, never a stand-in.

Equity is marked at every bar. Daily returns are by UTC day, every day counted, annualised with 365.
"""

import math
from typing import Any

import numpy as np

from engine.kinds import ExitReason

DAY, YEAR_DAYS = 86400, 365
LEAST_DAYS = 30  # for Sharpe and its kin
LARGEST_EXPONENT = 700.0  # e to this is near the end of the doubles
LEAST_TRADES = 30  # below, the figures are too few to judge

Figures = dict[str, Any]


def measure(
    candles: np.ndarray, granularity: int, equity: np.ndarray, trades: np.ndarray, fills: np.ndarray, cash: float
) -> Figures:
    """All figures of a backtest; ``equity`` has one element a candle, ``cash`` is what it began with."""
    closes = candles["time"] + granularity
    start, end = int(candles["time"][0]), int(closes[-1])
    final = float(equity[-1])
    closed = trades[trades["reason"] != ExitReason.END]
    fall = drawdown(closes, equity, start, cash)
    growth = annual_growth(cash, final, (end - start) / DAY)
    return {
        "start": start,
        "end": end,
        "bars": len(candles),
        "start_equity": cash,
        "final_equity": final,
        "net_profit": final - cash,
        "total_return": final / cash - 1,
        "buy_and_hold": float(candles["close"][-1] / candles["open"][0] - 1),
        "cagr": growth,
        **fall,
        "realised_max_drawdown": realised_drawdown(closed["pnl"], cash),
        "calmar": _ratio(growth, fall["max_drawdown"]),
        **daily_figures(daily_returns(closes, equity, cash)),
        "exposure": float((trades["exit_time"] - trades["entry_time"]).sum() / (end - start)),
        "fees": float(fills["fee"].sum()),
        "open_pnl": float(trades["pnl"].sum() - closed["pnl"].sum()) if len(trades) > len(closed) else None,
        **trade_figures(closed["pnl"]),
    }


def daily_returns(closes: np.ndarray, equity: np.ndarray, cash: float) -> np.ndarray:
    """Return of each UTC day from the first to the last; a day without a bar returns 0. A bar that closes at
    midnight belongs to the day it ends."""
    days = (closes - 1) // DAY
    last_bars = np.searchsorted(days, np.arange(days[0], days[-1] + 1), side="right") - 1
    levels = np.concatenate(([cash], equity[last_bars]))
    return levels[1:] / levels[:-1] - 1


def daily_figures(returns: np.ndarray) -> Figures:
    """Sharpe, Sortino and the probability that the true Sharpe is above 0; None under 30 days."""
    days = len(returns)
    figures: Figures = {"days": days, "sharpe": None, "sortino": None, "probabilistic_sharpe": None}
    if days < LEAST_DAYS:
        return figures
    mean, deviation = float(returns.mean()), float(returns.std(ddof=1))
    downside = math.sqrt(float(np.mean(np.minimum(returns, 0) ** 2)))
    figures["sortino"] = _ratio(mean * math.sqrt(YEAR_DAYS), downside)
    if deviation > 0:
        daily = mean / deviation
        figures["sharpe"] = daily * math.sqrt(YEAR_DAYS)
        figures["probabilistic_sharpe"] = probabilistic_sharpe(daily, returns)
    return figures


def probabilistic_sharpe(daily: float, returns: np.ndarray, benchmark: float = 0.0) -> float | None:
    """Probability that the true daily Sharpe lies above ``benchmark``, given skew and (raw) kurtosis."""
    scaled = (returns - returns.mean()) / returns.std()
    skew, kurtosis = float(np.mean(scaled**3)), float(np.mean(scaled**4))
    variance = 1 - skew * daily + (kurtosis - 1) / 4 * daily**2
    if variance <= 0:
        return None
    z = (daily - benchmark) * math.sqrt(len(returns) - 1) / math.sqrt(variance)
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


def annual_growth(start: float, final: float, days: float) -> float | None:
    """Compound growth a year; None for less than a day, when nothing is left, or beyond all numbers."""
    if days < 1 or final <= 0:
        return None
    exponent = math.log(final / start) * YEAR_DAYS / days
    return math.expm1(exponent) if exponent < LARGEST_EXPONENT else None


def drawdown(closes: np.ndarray, equity: np.ndarray, start: int, cash: float) -> Figures:
    """The deepest fall of marked equity from a peak: depth as a ratio, its times, and the seconds from the peak until
    recovery (until the end when there was none)."""
    times, levels = np.concatenate(([start], closes)), np.concatenate(([cash], equity))
    peaks = np.maximum.accumulate(levels)
    depths = 1 - levels / peaks
    bottom = int(np.argmax(depths))
    if depths[bottom] <= 0:
        return {"max_drawdown": 0.0, **dict.fromkeys(("drawdown_start", "drawdown_bottom", "drawdown_end"))} | {
            "drawdown_seconds": None
        }
    top = int(np.argmax(levels[: bottom + 1] == peaks[bottom]))
    recovered = np.flatnonzero(levels[bottom:] >= peaks[bottom])
    over = int(times[bottom + recovered[0]]) if len(recovered) else None
    return {
        "max_drawdown": float(depths[bottom]),
        "drawdown_start": int(times[top]),
        "drawdown_bottom": int(times[bottom]),
        "drawdown_end": over,
        "drawdown_seconds": (over or int(times[-1])) - int(times[top]),
    }


def realised_drawdown(pnl: np.ndarray, cash: float) -> float:
    """The deepest fall of the account counted in closed trades only, as a ratio."""
    levels = cash + np.concatenate(([0.0], np.cumsum(pnl)))
    return float(np.max(1 - levels / np.maximum.accumulate(levels)))


def trade_figures(pnl: np.ndarray) -> Figures:
    """Figures over the net results of closed trades, quote."""
    count = len(pnl)
    wins, losses = pnl[pnl > 0], pnl[pnl <= 0]
    win_rate = len(wins) / count if count else None
    average_win, average_loss = _mean(wins), _mean(-losses)
    expectancy = _mean(pnl)
    deviation = float(pnl.std(ddof=1)) if count > 1 else 0.0
    return {
        "trades": count,
        "too_few_to_judge": count < LEAST_TRADES,
        "win_rate": win_rate,
        "average_win": average_win,
        "average_loss": average_loss,
        "profit_factor": _ratio(float(wins.sum()), float(-losses.sum())) if count else None,
        "expectancy": expectancy,
        "expectancy_ratio": _ratio(expectancy, average_loss),
        "sqn": _ratio(math.sqrt(count) * float(pnl.mean()), deviation) if count else None,
        "longest_winning_streak": _longest(pnl > 0),
        "longest_losing_streak": _longest(pnl <= 0),
    }


def _longest(hits: np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], hits.astype("i1"), [0]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _mean(numbers: np.ndarray) -> float | None:
    return float(numbers.mean()) if len(numbers) else None


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None
