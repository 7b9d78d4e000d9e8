"""The loop of a backtest: bars to events, events to fills and decisions, by the functions that paper and live call.

Hot functions take records, never arrays: numba counts references to an array at each call, atomically, which would
cost more than the whole loop.
"""

import numpy as np

from engine.backtest.book import act, trade
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
    granularity: int,
    candles: np.ndarray,
    timeframe: int,
    columns: Columns,
    desk: Desk,
    rows: Rows,
    explain: bool,
) -> None:
    """Plays ``bars`` (one each ``granularity`` seconds, gaps allowed) to a bot that decides at the closes of
    ``candles``: the bars themselves, or what they make in its higher ``timeframe``. ``columns`` holds their signals.
    As many of them as ``desk.account`` knows have closed before: a next call goes on where this one ended, with the
    bars that follow without a gap.

    ``explain`` judges every gate at every decision and writes the decisions down. Without it, ``step`` is not asked
    where it has nothing to do (``rests``), and bars that meet no order, position or signal are passed over.
    """
    counts, event, account, state = desk.counts, desk.event, desk.account, desk.state
    clock, candle, i = bars[0]["time"], account["bars"], 0
    while i < bars.size:
        if not explain and account["qty"] == 0 and not state["live"] and rests(account, desk.settings, clock):
            candle = _next_signal(columns.side, candle)
            reached = _bar_of(bars, i, granularity, candles, candle, timeframe)
            rows.equity[i:reached] = account["equity"]
            if reached == bars.size:
                account["bars"] = candle
                return
            if reached > i:
                clock, i = bars[reached - 1]["time"] + granularity, reached
        traded = clock == bars[i]["time"]
        if traded:
            for kind in (OPEN, BAR):
                _show(bars[i], kind, granularity, event)
                if state["live"]:
                    trade(
                        desk, rows.placed[counts["placed"]], rows.fills[counts["fills"]], rows.trades[counts["trades"]]
                    )
            _mark(bars[i]["close"], desk)
            rows.equity[i] = account["equity"]
            i += 1
        else:
            _silence(clock, granularity, bars[i - 1]["close"], event)
        clock += granularity
        closes = candle < candles.size and candles[candle]["time"] + timeframe == clock
        if due(account, event, closes):
            if clock >= state["midnight"]:
                _new_day(desk)
            _read(columns, candle, closes, explain, desk)
            candle += closes
            if explain or desk.signal["side"] != 0 or not rests(account, desk.settings, clock):
                _decide(closes, explain, desk, rows.decided[counts["decided"]], rows.placed[counts["placed"]])


@njit(inline="always")
def _next_signal(side: np.ndarray, candle: int) -> int:
    """The next candle that says something; the number of candles when none does."""
    while candle < side.size and side[candle] == 0:
        candle += 1
    return candle


@njit(inline="always")
def _bar_of(bars: np.ndarray, i: int, granularity: int, candles: np.ndarray, candle: int, timeframe: int) -> int:
    """The bar, from ``i`` on, at whose close or before whose opening the candle closes; all bars when there is none."""
    if candle >= candles.size:
        return bars.size
    close_time = candles[candle]["time"] + timeframe
    step = max((close_time - bars[i]["time"]) // granularity - 1, 0)
    found = min(i + step, bars.size - 1)  # at once where no bar is missing
    while found > i and bars[found - 1]["time"] + granularity >= close_time:
        found -= 1
    while found < bars.size and bars[found]["time"] + granularity < close_time:
        found += 1
    return found


@njit
def _show(bar: Record, kind: int, granularity: int, event: Record) -> None:
    """A bar as one of its two events. Its first trade knows one price only."""
    event["kind"], event["time"], event["position"] = kind, bar["time"], 2 * bar["time"]  # engine.events
    event["open"] = event["high"] = event["low"] = event["close"] = bar["open"]
    event["volume"] = 0.0
    if kind == BAR:
        event["time"] += granularity
        event["position"] = 2 * event["time"] - 1
        event["high"], event["low"], event["close"] = bar["high"], bar["low"], bar["close"]
        event["volume"] = bar["volume"]


@njit
def _silence(open_time: int, granularity: int, last: float, event: Record) -> None:
    """Nobody traded: the last close stands."""
    event["kind"], event["time"], event["position"] = TIME, open_time + granularity, 2 * (open_time + granularity) - 1
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


@njit(inline="always")
def _read(columns: Columns, candle: int, closes: bool, explain: bool, desk: Desk) -> None:
    """The signal of the candle that closes, or none. Without a side only a page would want the rest."""
    signal, account = desk.signal, desk.account
    account["bars"] = candle + closes
    known = closes and candle + 1 >= account["warmup"]  # earlier ones depend on where the record starts
    side = columns.side[candle] if known else 0
    signal["side"] = side
    if side != 0 or explain:
        signal["score"] = columns.score[candle] if known else 0.0
        signal["confidence"] = columns.confidence[candle] if known else 0.0
        signal["stop"] = columns.stop[min(candle, columns.stop.size - 1)] if known else 0.0
        signal["target"] = columns.target[min(candle, columns.target.size - 1)] if known else 0.0
        signal["hold"] = columns.hold[min(candle, columns.hold.size - 1)] if known else 0
    if explain:
        _explain(desk.conditions, columns, candle, known)


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
def _new_day(desk: Desk) -> None:
    """A day opens with the equity at its first decision."""
    desk.account["day_equity"] = desk.account["equity"]
    desk.state["midnight"] = (desk.event["time"] // DAY + 1) * DAY


@njit
def _decide(closes: bool, explain: bool, desk: Desk, decided: Record, placed: Record) -> None:
    """Asks the step, writes its answer down where that is wanted, and does it."""
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
    acts = desk.decision["action"] != NO_ACTION
    if explain and (closes or acts):
        _write_down(desk, decided)
    if acts:
        act(desk, placed)


@njit
def _write_down(desk: Desk, row: Record) -> None:
    decision = desk.decision
    row["time"] = desk.event["time"]
    row["action"], row["verdict"], row["reason"] = decision["action"], decision["verdict"], decision["reason"]
    row["blocking"], row["passed"] = decision["blocking"], decision["passed"]
    row["unknown"], row["qty"] = decision["unknown"], decision["qty"]
    desk.counts["decided"] += 1
