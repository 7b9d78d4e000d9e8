"""A result's figures as pages show them. What is undefined is n/a, with the reason beside it."""

from dataclasses import dataclass
from typing import Any

from apps.operations import formats
from engine.metrics import LEAST_DAYS, LEAST_TRADES

Metrics = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """``tone``: 'up', 'down', 'unknown' or nothing."""

    label: str
    text: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Group:
    title: str
    figures: list[Figure]


def headline(metrics: Metrics, quote: str) -> list[Figure]:
    """The five that come first."""
    trades = metrics["trades"]
    final, held = formats.money(metrics["final_equity"], quote), formats.percent(metrics["buy_and_hold"], sign=True)
    return [
        _result("Net result", metrics["net_profit"], quote, f"{final} at the end"),
        _change("Return", metrics["total_return"], f"buy and hold {held}"),
        Figure("Deepest drawdown", formats.percent(metrics["max_drawdown"]), _fall(metrics)),
        Figure("Trades", str(trades), few(trades) or f"{formats.percent(metrics['win_rate'], places=0)} won"),
        Figure("Fees", formats.money(metrics["fees"], quote), "in both directions"),
    ]  # fmt: skip


def groups(metrics: Metrics, quote: str) -> list[Group]:
    return [
        Group("Result", _result_figures(metrics, quote)),
        Group("Risk", _risk_figures(metrics)),
        Group("Closed trades", _trade_figures(metrics, quote)),
    ]


def few(trades: int) -> str:
    """What must stand beside figures on trades when they are few."""
    return f"Too few trades ({trades}) to judge" if trades < LEAST_TRADES else ""


def _result_figures(metrics: Metrics, quote: str) -> list[Figure]:
    return [
        Figure("Capital at the start", formats.money(metrics["start_equity"], quote)),
        Figure("Equity at the end", formats.money(metrics["final_equity"], quote)),
        _change("Return", metrics["total_return"]),
        _change("Buy and hold", metrics["buy_and_hold"], "from the first open to the last close, without fees"),
        _change("Growth a year (CAGR)", metrics["cagr"], "compounded to 365 days"),
        _result("Open at the end", metrics["open_pnl"], quote, "valued, not sold")
        if metrics["open_pnl"] is not None
        else Figure("Open at the end", "nothing"),
        Figure("Fees", formats.money(metrics["fees"], quote)),
        Figure("In the market", formats.percent(metrics["exposure"]), "share of the time"),
    ]


def _risk_figures(metrics: Metrics) -> list[Figure]:
    short = f"needs {LEAST_DAYS} days, had {metrics['days']}" if metrics["days"] < LEAST_DAYS else ""
    return [
        Figure("Deepest drawdown", formats.percent(metrics["max_drawdown"]), _fall(metrics)),
        Figure("Of closed trades only", formats.percent(metrics["realised_max_drawdown"])),
        _ratio("Sharpe", metrics["sharpe"], short or "of daily returns, a year of 365 days"),
        _ratio("Sortino", metrics["sortino"], short or "counts falls only"),
        Figure(
            "Sharpe above 0", formats.percent(metrics["probabilistic_sharpe"]), short or "probability",
            _unknown(metrics["probabilistic_sharpe"]),
        ),
        _ratio("Calmar", metrics["calmar"], "growth a year over the deepest drawdown"),
    ]  # fmt: skip


def _trade_figures(metrics: Metrics, quote: str) -> list[Figure]:
    streaks = f"{metrics['longest_winning_streak']} won, {metrics['longest_losing_streak']} lost"
    return [
        Figure("Trades", str(metrics["trades"]), few(metrics["trades"])),
        Figure("Won", formats.percent(metrics["win_rate"]), "", _unknown(metrics["win_rate"])),
        Figure("Average gain", formats.money(metrics["average_win"], quote), "", _unknown(metrics["average_win"])),
        Figure("Average loss", formats.money(metrics["average_loss"], quote), "", _unknown(metrics["average_loss"])),
        _ratio("Profit factor", metrics["profit_factor"], "gains over losses"),
        _result("Expectancy", metrics["expectancy"], quote, "a trade"),
        _ratio("Expectancy ratio", metrics["expectancy_ratio"], "to the average loss"),
        _ratio("SQN", metrics["sqn"], "steadiness of the results"),
        Figure("Longest streaks", streaks),
    ]


def _fall(metrics: Metrics) -> str:
    """From when to when, and how long it took to recover."""
    if metrics["drawdown_start"] is None:
        return "never below its peak"
    begun = formats.utc_clock(formats.moment(metrics["drawdown_start"]))
    lasted = formats.span(metrics["drawdown_seconds"])
    if metrics["drawdown_end"] is None:
        return f"since {begun}, not recovered after {lasted}"
    return f"from {begun}, recovered after {lasted}"


def _result(label: str, value: float | None, quote: str, note: str = "") -> Figure:
    return Figure(label, formats.money(value, quote, sign=True), note, formats.tone(value))


def _change(label: str, ratio: float | None, note: str = "") -> Figure:
    return Figure(label, formats.percent(ratio, sign=True), note, formats.tone(ratio, 4))


def _ratio(label: str, value: float | None, note: str = "") -> Figure:
    return Figure(label, formats.plain(value, 2), note, _unknown(value))


def _unknown(value: float | None) -> str:
    return "" if formats.is_known(value) else "unknown"
