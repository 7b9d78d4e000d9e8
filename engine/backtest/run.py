"""One backtest: candles, a strategy and an account to trades and figures."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from engine.backtest.book import close_books
from engine.backtest.layouts import COUNTS, DECIDED, PLACED, STATE, Columns, Desk, Rows
from engine.backtest.loop import DAY, run
from engine.backtest.result import Result, hash_data, trading_record
from engine.candles import aggregate
from engine.config import BotSettings, Costs, ProductRules, RiskLimits, rules_record
from engine.memory import new_memory
from engine.metrics import measure
from engine.records import CANDLE, CONDITIONS, DECISION, EVENT, FILL, ORDER, SIGNAL, TRADE, VIEW, Record
from engine.strategies.base import Params, Signals, Strategy
from engine.strategies.registry import find_strategy
from engine.strategies.validation import validate
from engine.version import engine_version

STRETCH = 50_000  # bars between two reports of progress

Progress = Callable[[int], None]  # gets the number of bars played; what it raises ends the run


class BacktestError(ValueError):
    """A backtest that cannot be run as asked; names the field, the value and the rule."""


def run_backtest(
    candles: np.ndarray,
    *,
    strategy: str,
    params: Mapping[str, object],
    product: ProductRules,
    costs: Costs,
    settings: BotSettings,
    limits: RiskLimits,
    cash: float,
    timeframe: int,
    granularity: int = 60,
    start: int | None = None,
    record: bool = True,
    progress: Progress | None = None,
) -> Result:
    """Plays ``candles`` (CANDLE, one each ``granularity`` seconds, gaps allowed) to one bot alone on an account of
    ``cash`` quote that decides at the closes of ``timeframe`` (seconds). Candles that open before ``start`` (seconds
    UTC) are history: they are not played, but strategies begin warm.

    With ``record`` each decision is explained and kept, and the results are hashed; without, only orders, fills,
    trades and equity are. ``progress`` is called every so many bars and changes nothing. Raises ParameterError or
    BacktestError on what cannot be run.
    """
    check_request(candles, cash=cash, size=settings.size, timeframe=timeframe, granularity=granularity)
    candles = np.require(candles, requirements=["C", "W"])  # the layout that is compiled for
    chosen = find_strategy(strategy)
    known = validate(chosen, params)
    frames = candles if timeframe == granularity else aggregate(candles, timeframe)
    signals = chosen.compute(frames, known)
    settings = replace(settings, timeframe=timeframe)
    played = candles[first_bar(candles, start) :]
    desk = open_desk(played, chosen, known, product, costs, settings, limits, cash)
    desk.account["bars"] = np.searchsorted(frames["time"], played["time"][0] - timeframe, side="right")
    rows = blank_rows(len(played), signals, costs.volume_share > 0, record)
    given = columns(signals, record)
    for first, end in stretches(played["time"], granularity, STRETCH if progress else len(played)):
        part = rows._replace(equity=rows.equity[first:end])
        run(played[first:end], granularity, frames, timeframe, given, desk, part, record)
        if progress:
            progress(end)
    close_books(desk, rows.trades[desk.counts["trades"]])
    written = {name: int(desk.counts[name]) for name in COUNTS.names or ()}
    decisions, orders = rows.decided[: written["decided"]].copy(), rows.placed[: written["placed"]].copy()
    fills, trades = rows.fills[: written["fills"]].copy(), rows.trades[: written["trades"]].copy()
    return Result(
        decisions=decisions,
        orders=orders,
        fills=fills,
        trades=trades,
        equity=rows.equity,
        metrics=measure(played, granularity, rows.equity, trades, fills, cash),
        engine_version=engine_version(),
        data_hash=hash_data(candles),
        results_hash=trading_record(decisions, orders, fills).results_hash if record else None,
    )


def stretches(times: np.ndarray, granularity: int, length: int) -> Iterator[tuple[int, int]]:
    """Bars from one index up to another, all of them in turn: at least ``length`` each, and cut where no bar is
    missing, for the loop knows of a gap only between two bars that it has seen."""
    first = 0
    while first < len(times):
        end = min(first + length, len(times))
        while end < len(times) and times[end] != times[end - 1] + granularity:
            end += 1
        yield first, end
        first = end


def check_request(candles: np.ndarray, *, cash: float, size: float, timeframe: int, granularity: int) -> None:
    """Raises BacktestError naming the first thing that makes no sense."""
    if candles.dtype != CANDLE or not len(candles):
        raise BacktestError(f"candles must be at least one CANDLE record, was {len(candles)} of {candles.dtype}")
    if not (np.isfinite(cash) and cash > 0):
        raise BacktestError(f"cash must be above 0, was {cash}")
    if not (np.isfinite(size) and size > 0):
        raise BacktestError(f"size must be above 0, was {size}")
    if granularity <= 0 or timeframe <= 0 or timeframe % granularity:
        raise BacktestError(f"timeframe must be a multiple of the candles' {granularity} s, was {timeframe} s")

    times = candles["time"]
    off_grid, unordered = times % granularity != 0, np.diff(times) <= 0
    if off_grid.any():
        raise BacktestError(
            f"candle times must be multiples of {granularity} s, was {times[np.argmax(off_grid)]} "
            f"in row {np.argmax(off_grid) + 1}"
        )
    if unordered.any():
        raise BacktestError(f"candle times must rise, did not after row {np.argmax(unordered) + 1}")


def first_bar(candles: np.ndarray, start: int | None) -> int:
    """Index of the first candle that opens at or after ``start``. Raises BacktestError when there is none."""
    first = 0 if start is None else int(np.searchsorted(candles["time"], start))
    if first == len(candles):
        raise BacktestError(f"start must not be after the last candle at {candles['time'][-1]}, was {start}")
    return first


def open_desk(
    candles: np.ndarray,
    strategy: Strategy,
    params: Params,
    product: ProductRules,
    costs: Costs,
    settings: BotSettings,
    limits: RiskLimits,
    cash: float,
) -> Desk:
    """The records of a run before its first bar."""
    state, view = np.zeros(1, STATE)[0], np.zeros(1, VIEW)[0]
    state["cash"] = view["cash"] = view["equity"] = view["day_equity"] = cash
    state["midnight"] = (candles["time"][0] // DAY + 1) * DAY
    view["tradable"] = view["accepting"] = True
    view["warmup"] = strategy.warmup(params)

    def blank(dtype: np.dtype) -> Record:
        return np.zeros(1, dtype)[0]

    return Desk(
        state=state,
        signal=blank(SIGNAL),
        conditions=blank(CONDITIONS),
        event=blank(EVENT),
        memory=new_memory(),
        account=view,
        settings=settings.record()[0],
        policy=limits.record()[0],
        rules=rules_record(product, costs)[0],
        order=blank(ORDER),
        decision=blank(DECISION),
        counts=blank(COUNTS),
    )


def blank_rows(bars: int, signals: Signals, capped: bool, record: bool) -> Rows:
    """Room for the most that can happen and one row more: a trade needs a long signal, it has up to three orders and,
    unless a volume cap splits its exit, two fills."""
    entries = int(np.count_nonzero(signals.side > 0)) + 1
    fills = bars if capped else entries
    return Rows(
        # A hold's check between two candles is written down when it ends the position.
        decided=np.empty((len(signals) + entries if record else 0) + 1, DECIDED),
        placed=np.empty(3 * entries + 1, PLACED),
        fills=np.empty(2 * fills + 1, FILL),
        trades=np.empty(entries + 1, TRADE),
        equity=np.empty(bars),
    )


def columns(signals: Signals, explain: bool) -> Columns:
    """The signals as the loop reads them, with the conditions only where they are asked for."""
    count, length = (len(signals.passed), len(signals)) if explain else (0, 0)
    values, thresholds = np.empty((count, length)), np.empty((count, length))
    passed = np.empty((count, length), np.bool_)
    for k in range(count):
        values[k], thresholds[k], passed[k] = signals.values[k], signals.thresholds[k], signals.passed[k]
    return Columns(
        signals.side,
        signals.score,
        signals.confidence,
        signals.stop,
        signals.target,
        signals.hold,
        values,
        thresholds,
        passed,
    )
