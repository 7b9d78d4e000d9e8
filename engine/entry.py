"""The gates of an entry, judged in one go for a hypothetical entry at this close (see engine.gates).

A gate that is off or whose input is unknown (NaN) has its bit in ``unknown``. Unknown never lets an entry pass:
without a price DATA blocks, without an equity BALANCE does.
"""

import math

from engine import limits
from engine.gates import CONDITIONS, Gate
from engine.jit import njit
from engine.kinds import BotState, HaltLevel
from engine.records import Record
from engine.sizing import (
    capped_lots,
    covered_lots,
    digits_scale,
    funds_for,
    least_lots,
    rounded,
    rounded_down,
    wanted_lots,
)

DATA, MARKET, STATE, HALT = Gate.DATA.value, Gate.MARKET.value, Gate.STATE.value, Gate.HALT.value
HISTORY, CONDITION, SIGNAL = Gate.HISTORY.value, Gate.CONDITION.value, Gate.SIGNAL.value
CONFIRMATION, FLAT, COOLDOWN, STEP = Gate.CONFIRMATION.value, Gate.FLAT.value, Gate.COOLDOWN.value, Gate.STEP.value
MAX_POSITIONS, POSITION_SIZE = Gate.MAX_POSITIONS.value, Gate.POSITION_SIZE.value
EXPOSURE, DAILY_LOSS = Gate.EXPOSURE.value, Gate.DAILY_LOSS.value
BALANCE, MIN_SIZE, EXCHANGE = Gate.BALANCE.value, Gate.MIN_SIZE.value, Gate.EXCHANGE.value
ALL = (1 << len(Gate) + CONDITIONS - 1) - 1
RUNNING, NO_HALT = BotState.RUNNING.value, HaltLevel.NONE.value
SLACK = limits.SLACK
share_after, is_within = njit(limits.share_after), njit(limits.is_within)
daily_allowance = njit(limits.daily_allowance)


@njit
def judge_entry(
    signal: Record,
    conditions: Record,
    event: Record,
    lasted: int,
    view: Record,
    settings: Record,
    policy: Record,
    rules: Record,
    decision: Record,
) -> None:
    """Fills the decision's passed, unknown, blocking, values and thresholds, and qty and funds of the entry.

    ``lasted``: seconds for which the signal has kept its side.
    """
    decision["passed"] = 0
    decision["unknown"] = 0
    close = event["close"]
    _platform_gates(close, view, policy, decision)
    _condition_gates(conditions, decision)
    _signal_gates(signal, event["time"], close, lasted, view, settings, decision)
    _money_gates(close, signal["stop"], view, settings, policy, rules, decision)
    decision["blocking"] = _first_blocking(decision["passed"] | decision["unknown"])


@njit
def _gate(decision: Record, gate: int, used: bool, ok: bool, value: float, threshold: float) -> None:
    decision["values"][gate] = value
    decision["thresholds"][gate] = threshold
    if not used:
        decision["unknown"] |= 1 << gate
    elif ok:
        decision["passed"] |= 1 << gate


@njit
def _first_blocking(clear: int) -> int:
    blocked = ALL & ~clear
    if blocked == 0:
        return -1
    gate = 0
    while not blocked >> gate & 1:
        gate += 1
    return gate


@njit
def _platform_gates(close: float, view: Record, policy: Record, decision: Record) -> None:
    age, limit = view["age"], policy["max_age"]
    priced = close > 0.0
    _gate(decision, DATA, limit > 0 or not priced, priced and age <= limit, age, limit)
    _gate(decision, MARKET, True, view["tradable"], view["tradable"], 1.0)
    _gate(decision, STATE, True, view["state"] == RUNNING, view["state"], RUNNING)
    _gate(decision, HALT, True, view["halt"] == NO_HALT, view["halt"], NO_HALT)
    _gate(decision, HISTORY, True, view["bars"] >= view["warmup"], view["bars"], view["warmup"])
    _gate(decision, EXCHANGE, True, view["accepting"], view["accepting"], 1.0)


@njit
def _condition_gates(conditions: Record, decision: Record) -> None:
    for k in range(CONDITIONS):
        value = conditions["values"][k]
        used = conditions["used"] >> k & 1 == 1 and not math.isnan(value)
        _gate(decision, CONDITION + k, used, conditions["passed"] >> k & 1 == 1, value, conditions["thresholds"][k])


@njit
def _signal_gates(
    signal: Record, now: int, close: float, lasted: int, view: Record, settings: Record, decision: Record
) -> None:
    long = signal["side"] > 0
    confidence, least = signal["confidence"], settings["min_confidence"]
    _gate(decision, SIGNAL, True, long and confidence >= least, confidence, least)
    needed = settings["confirmation"]
    held = lasted if long else 0
    _gate(decision, CONFIRMATION, needed > 0, long and held >= needed, held, needed)
    flat = view["qty"] == 0 and not view["entry_pending"] and not view["exit_pending"]
    _gate(decision, FLAT, True, flat, flat, 1.0)
    since = float(now - view["last_exit"]) if view["last_exit"] > 0 else math.nan
    _gate(decision, COOLDOWN, settings["cooldown"] > 0, not since < settings["cooldown"], since, settings["cooldown"])
    step_used, moved = settings["step"] > 0.0, math.nan
    if step_used and view["last_entry"] > 0.0:
        moved = abs(close / view["last_entry"] - 1.0)
    _gate(decision, STEP, step_used, not moved * SLACK < settings["step"], moved, settings["step"])


@njit
def _money_gates(
    close: float, stop: float, view: Record, settings: Record, policy: Record, rules: Record, decision: Record
) -> None:
    scale, lot = digits_scale(view["equity"]), rules["lot"]
    equity, cash = rounded(view["equity"], scale), rounded_down(view["cash"], scale)
    known = equity > 0.0 and close > 0.0
    least = least_lots(close, rules) if close > 0.0 else 1
    lots = wanted_lots(close, equity, stop, settings, rules)
    if known:
        lots = _position_gate(lots, least, close, equity, policy["max_position"], lot, decision)
    else:
        _gate(decision, POSITION_SIZE, False, False, math.nan, policy["max_position"])
    covered = covered_lots(lots, close, cash, rules)
    paid = covered == lots or covered >= least
    if paid:
        lots = covered
    notional = lots * lot * close
    _account_gates(notional, equity, scale, view, policy, decision)
    _gate(decision, BALANCE, True, known and paid and cash > 0.0, notional * (1.0 + rules["taker"]), cash)
    _gate(decision, MIN_SIZE, True, lots >= least, notional, least * lot * close)
    decision["qty"] = lots
    decision["funds"] = funds_for(lots, close, view["cash"], rules)


@njit
def _position_gate(
    lots: int, least: int, close: float, equity: float, limit: float, lot: float, decision: Record
) -> int:
    """Cuts the size to the limit; blocks only when the smallest order would already break it. Returns lots."""
    capped = capped_lots(lots, close, equity, limit, lot)
    blocked = capped < least <= lots
    value = (least if blocked else capped) * lot * close / equity
    _gate(decision, POSITION_SIZE, limit > 0.0, not blocked, value, limit)
    return capped


@njit
def _account_gates(
    notional: float, equity: float, scale: float, view: Record, policy: Record, decision: Record
) -> None:
    most = policy["max_positions"]
    _gate(decision, MAX_POSITIONS, most > 0, view["positions"] < most, view["positions"] + 1, most)
    limit = policy["max_exposure"]
    exposure = share_after(view["exposure"], notional, equity)
    _gate(decision, EXPOSURE, limit > 0.0 and equity > 0.0, is_within(exposure, limit), exposure, limit)
    opening = rounded(view["day_equity"], scale)
    allowed, lost = daily_allowance(opening, policy["daily_loss"], policy["daily_loss_amount"]), opening - equity
    _gate(decision, DAILY_LOSS, allowed < math.inf and not math.isnan(lost), lost < allowed, lost, allowed)
