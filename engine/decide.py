"""One decision: a signal, an event, what the bot remembers and how its account looks, to an action.

Backtest, paper and live call the same ``step``; ``due`` says when. Nothing here asks a clock or a database.
"""

import numpy as np

from engine.confirmation import confirm
from engine.entry import judge_entry
from engine.hold import hold_is_over
from engine.jit import njit
from engine.kinds import Action, BotState, EventKind, ExitReason, HaltLevel, Verdict
from engine.memory import MemorySchemaError, memory_bytes, memory_from_bytes, new_memory
from engine.records import DECISION, SIGNAL, Record

__all__ = [
    "MemorySchemaError",
    "decide",
    "due",
    "memory_bytes",
    "memory_from_bytes",
    "new_memory",
    "no_signal",
    "rests",
    "step",
]

OPEN = EventKind.OPEN.value
NONE, ENTER, EXIT, PROTECT = (action.value for action in Action)
HOLD, BLOCKED, MISSED = Verdict.HOLD.value, Verdict.BLOCKED.value, Verdict.MISSED.value
ENTERED, EXITED, PROTECTED = Verdict.ENTER.value, Verdict.EXIT.value, Verdict.PROTECT.value
BY_NOTHING, BY_SIGNAL, BY_HOLD = ExitReason.NONE.value, ExitReason.SIGNAL.value, ExitReason.MAX_HOLD.value
PAUSED, ORDERS = BotState.PAUSED.value, HaltLevel.ORDERS.value

_hold_is_over = njit(hold_is_over)


@njit
def due(view: Record, event: Record, candle: bool) -> bool:
    """Whether the bot decides at this event: at each close of one of its candles, and, once a position has been held
    for its longest time, at every close of the market's granularity (with no signal, see ``no_signal``).

    ``candle``: a candle of the bot's timeframe, one with trades in it, closes with this event.
    """
    return event["kind"] != OPEN and (candle or _is_overdue(view, event["time"]))


@njit
def _is_overdue(view: Record, now: int) -> bool:
    return view["qty"] > 0 and _hold_is_over(view["hold"], view["entry_time"], now)


@njit
def rests(view: Record, settings: Record, now: int) -> bool:
    """Without a signal ``step`` would find nothing to do at ``now``, nor to remember."""
    if settings["confirmation"] > 0:
        return False
    return view["qty"] == 0 or not (_is_overdue(view, now) or _is_bare(view))


@njit
def _is_bare(view: Record) -> bool:
    """Part of the position lacks the exits that it asked for."""
    return view["qty"] > view["protected"] and (view["stop"] > 0.0 or view["target"] > 0.0)


@njit
def step(
    signal: Record,
    conditions: Record,
    event: Record,
    memory: Record,
    view: Record,
    settings: Record,
    policy: Record,
    rules: Record,
    explain: bool,
    decision: Record,
) -> None:
    """Decides at the close ``event``; changes ``memory`` and fills ``decision``.

    With ``explain`` every gate of an entry is judged, also where nothing could be bought. Without it the gates are
    judged only for a long signal of a flat bot; action, verdict, reason, qty, funds and memory are the same.
    """
    lasted = 0
    if settings["confirmation"] > 0 and event["time"] % settings["timeframe"] == 0:
        lasted = confirm(memory, signal["side"], event["time"], settings["timeframe"])
    idle = view["qty"] == 0 and not view["entry_pending"] and not view["exit_pending"]
    decision["blocking"] = -1
    decision["passed"] = decision["unknown"] = 0
    if explain or (idle and signal["side"] > 0):
        judge_entry(signal, conditions, event, lasted, view, settings, policy, rules, decision)
        if decision["blocking"] < 0 and not view["late"]:
            _act(decision, ENTER, ENTERED, BY_NOTHING, decision["qty"])
            _exits(decision, signal)
            return
    if idle:
        _rest(decision, BLOCKED, view["late"])
    else:
        _manage(signal, event["time"], view, decision)


@njit
def _manage(signal: Record, now: int, view: Record, decision: Record) -> None:
    """A bot with a position or a working order: exits only."""
    qty = view["qty"]
    managed = view["state"] <= PAUSED and view["halt"] < ORDERS and not view["exit_pending"]
    if managed and qty > 0:
        if _is_overdue(view, now):
            _act(decision, EXIT, EXITED, BY_HOLD, qty)
            return
        if signal["side"] < 0:
            _act(decision, EXIT, EXITED, BY_SIGNAL, qty)
            return
        if _is_bare(view):
            _act(decision, PROTECT, PROTECTED, BY_NOTHING, qty - view["protected"])
            _exits(decision, view)
            return
    _rest(decision, HOLD, view["late"])


@njit
def _rest(decision: Record, verdict: int, late: bool) -> None:
    decision["action"] = NONE
    decision["verdict"] = MISSED if late else verdict
    decision["reason"] = BY_NOTHING
    decision["qty"] = 0
    decision["funds"] = 0.0


@njit
def _act(decision: Record, action: int, verdict: int, reason: int, qty: int) -> None:
    decision["action"] = action
    decision["verdict"] = verdict
    decision["reason"] = reason
    decision["qty"] = qty
    decision["stop"] = 0.0
    decision["target"] = 0.0
    decision["hold"] = 0


@njit
def _exits(decision: Record, source: Record) -> None:
    """Hands on the exits' ratios and the hold: of the signal at an entry, of the position at a repair."""
    decision["stop"] = source["stop"]
    decision["target"] = source["target"]
    decision["hold"] = source["hold"]


def no_signal() -> Record:
    """The signal row of an event at which no candle of the bot closes."""
    return np.zeros(1, SIGNAL)[0]


def decide(
    *,
    signal: Record,
    conditions: Record,
    event: Record,
    memory: Record,
    view: Record,
    settings: Record,
    policy: Record,
    rules: Record,
) -> tuple[Record, Record]:
    """One explained decision, without changing what was passed in. Returns the decision and the new memory."""
    decision = np.zeros(1, DECISION)[0]
    memory = memory.copy()
    step(signal, conditions, event, memory, view, settings, policy, rules, True, decision)
    return decision, memory
