"""The loop of a backtest: bars to events, events to fills and decisions, by the functions that paper and live call.

Hot functions take records, never arrays: numba counts references to an array at each call, atomically, which would
cost more than the whole loop.
"""

import numpy as np

from engine.backtest.book import act, close_books, trade
from engine.backtest.layouts import Columns, Desk, Rows
from engine.decide import due, rests, step
from engine.jit import njit
from engine.kinds import Action, EventKind
from engine.records import Record

OPEN, BAR, TIME = EventKind.OPEN.value, EventKind.BAR.value, EventKind.TIME.value
NO_ACTION = Action.NONE.value
DAY = 86400


@njit
def run(
    bars: np.ndarray,
    times: np.ndarray,
    granularity: int,
    candle_times: np.ndarray,
    timeframe: int,
    columns: Columns,
    desk: Desk,
    rows: Rows,
    explain: bool,
) -> None:
    """Plays ``bars`` (opening at ``times``, one each ``granularity`` seconds, gaps allowed) to a bot that decides at
    the closes of the candles that open at ``candle_times`` and last ``timeframe``; ``columns`` holds their signals.

    ``explain`` judges every gate at every decision and writes the decisions down. Without it, bars that meet neither
    an order, a position nor a signal are passed over: there ``step`` would do nothing.
    """
    counts, event, account, state = desk.counts, desk.event, desk.account, desk.state
    clock, candle, quiet = times[0], 0, not explain and rests(account, desk.settings)
    for i in range(times.size):
        bar = bars[i]
        traded = False
        while not traded:
            traded = clock == times[i]
            clock += granularity
            closes = candle < candle_times.size and candle_times[candle] + timeframe == clock
            if quiet and clock < state["midnight"] and not (closes and columns.side[candle] != 0):
                candle += closes
                continue
            if not traded:
                _silence(clock, granularity, bars[i - 1]["close"], event)
            elif state["live"]:
                _open(bar, event)
                trade(desk, rows.placed[counts["placed"]], rows.fills[counts["fills"]], rows.trades[counts["trades"]])
            if traded:
                _bar(bar, clock, event)
                if state["live"]:
                    trade(
                        desk, rows.placed[counts["placed"]], rows.fills[counts["fills"]], rows.trades[counts["trades"]]
                    )
                _mark(bar["close"], desk)
            if due(account, event, closes):
                if clock >= state["midnight"]:
                    _new_day(clock, desk)
                warm = closes and candle + 1 >= account["warmup"]  # earlier ones depend on where the record starts
                account["bars"] = candle + closes
                _read(desk.signal, columns, candle, warm, explain)
                if explain:
                    _explain(desk.conditions, columns, candle, warm)
                _step(desk, explain)
                if explain and (closes or desk.decision["action"] != NO_ACTION):
                    _write_down(desk, rows.decided[counts["decided"]])
                if desk.decision["action"] != NO_ACTION:
                    act(desk, rows.placed[counts["placed"]])
                candle += closes
            quiet = not explain and not state["live"] and rests(account, desk.settings)
        rows.equity[i] = account["equity"]
    close_books(desk, rows.trades[counts["trades"]])


@njit
def _open(bar: Record, event: Record) -> None:
    event["kind"], event["time"], event["position"] = OPEN, bar["time"], 2 * bar["time"]
    event["open"] = event["high"] = event["low"] = event["close"] = bar["open"]
    event["volume"] = 0.0


@njit
def _bar(bar: Record, close_time: int, event: Record) -> None:
    event["kind"], event["time"], event["position"] = BAR, close_time, 2 * bar["time"] + 1
    event["open"], event["high"], event["low"] = bar["open"], bar["high"], bar["low"]
    event["close"], event["volume"] = bar["close"], bar["volume"]


@njit
def _silence(close_time: int, granularity: int, last: float, event: Record) -> None:
    """Nobody traded: the last close stands."""
    event["kind"], event["time"], event["position"] = TIME, close_time, 2 * (close_time - granularity) + 1
    event["open"] = event["high"] = event["low"] = event["close"] = last
    event["volume"] = 0.0


@njit
def _mark(close: float, desk: Desk) -> None:
    """Values the account at this close."""
    account = desk.account
    equity = desk.state["cash"]
    if account["qty"] > 0:
        account["exposure"] = account["qty"] * desk.rules["lot"] * close
        equity += account["exposure"]
    account["equity"] = equity


@njit
def _new_day(now: int, desk: Desk) -> None:
    """A day opens with the equity at its first decision."""
    desk.account["day_equity"] = desk.account["equity"]
    desk.state["midnight"] = (now // DAY + 1) * DAY


@njit(inline="always")
def _read(signal: Record, columns: Columns, candle: int, known: bool, explain: bool) -> None:
    """The signal of a candle, or none. Without a side only a page would want the rest."""
    side = columns.side[candle] if known else 0
    signal["side"] = side
    if side != 0 or explain:
        signal["score"] = columns.score[candle] if known else 0.0
        signal["confidence"] = columns.confidence[candle] if known else 0.0
        signal["stop"] = columns.stop[min(candle, columns.stop.size - 1)] if known else 0.0
        signal["target"] = columns.target[min(candle, columns.target.size - 1)] if known else 0.0
        signal["hold"] = columns.hold[min(candle, columns.hold.size - 1)] if known else 0


@njit
def _explain(conditions: Record, columns: Columns, candle: int, known: bool) -> None:
    """The conditions of a candle, or none."""
    conditions["used"] = 0
    conditions["passed"] = 0
    for k in range(columns.values.shape[0] if known else 0):
        conditions["values"][k] = columns.values[k, candle]
        conditions["thresholds"][k] = columns.thresholds[k, candle]
        conditions["used"] |= 1 << k
        conditions["passed"] |= np.int64(columns.passed[k, candle]) << k


@njit
def _step(desk: Desk, explain: bool) -> None:
    step(
        desk.signal,
        desk.conditions,
        desk.event,
        desk.memory,
        desk.account,
        desk.settings,
        desk.policy,
        desk.rules,
        explain,
        desk.decision,
    )


@njit
def _write_down(desk: Desk, row: Record) -> None:
    decision = desk.decision
    row["time"] = desk.event["time"]
    row["action"], row["verdict"], row["reason"] = decision["action"], decision["verdict"], decision["reason"]
    row["blocking"], row["passed"] = decision["blocking"], decision["passed"]
    row["unknown"], row["qty"] = decision["unknown"], decision["qty"]
    desk.counts["decided"] += 1
