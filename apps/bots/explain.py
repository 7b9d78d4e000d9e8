"""Decisions in words: each gate with value and threshold, and one sentence that says why there was no trade."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from apps.bots.models import Evaluation
from engine.gates import CONDITIONS, TEXTS, Gate
from engine.kinds import BotState, HaltLevel, Verdict
from engine.strategies.base import Condition
from engine.strategies.registry import REGISTRY

PASS, BLOCKS, UNKNOWN, OFF = "pass", "blocks", "unknown", "off"
DASH = "–"


@dataclass(frozen=True)
class GateLine:
    """A gate of one decision.

    ``status``: pass, blocks, unknown (no value) or off (no rule). ``distance``: how far the value is from the
    threshold as a ratio of it, None if unknown.
    """

    index: int
    key: str
    name: str
    status: str
    value: str
    threshold: str
    sentence: str
    distance: float | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def gates_of(evaluation: Evaluation) -> list[GateLine]:
    """Every gate of a decision, in the order in which they were asked."""
    conditions = REGISTRY[evaluation.version.strategy].conditions
    lines = []
    for gate in sorted(TEXTS):
        if gate == Gate.SIGNAL:
            lines += [_condition(evaluation, k, condition) for k, condition in enumerate(conditions)]
        lines.append(_platform(evaluation, gate))
    return lines


def sentence(evaluation: Evaluation) -> str:
    """The verdict in one sentence."""
    symbol = evaluation.bot.product.symbol
    match Verdict(evaluation.verdict):
        case Verdict.ENTER:
            return f"Entry: every gate passed; buys {symbol} at the next open."
        case Verdict.EXIT:
            return "Exit: sells the position at the next open."
        case Verdict.PROTECT:
            return "Protection: puts the missing stop and target back."
        case Verdict.HOLD:
            return "Holds: a position is open or an order is working."
        case Verdict.MISSED:
            return "Missed: the bar came too late to act on."
    blocking = next((line for line in gates_of(evaluation) if line.index == evaluation.blocking), None)
    return f"No entry: {blocking.sentence}." if blocking else "No entry."


def _status(evaluation: Evaluation, index: int) -> str:
    if evaluation.unknown >> index & 1:
        if index == evaluation.blocking:
            return BLOCKS
        # A limit or control without a threshold was not asked; with one, its value was missing.
        is_rule = not Gate.CONDITION <= index < Gate.CONDITION + CONDITIONS
        return OFF if is_rule and evaluation.thresholds[index] in (0, math.inf) else UNKNOWN
    return PASS if evaluation.passed >> index & 1 else BLOCKS


def _condition(evaluation: Evaluation, k: int, condition: Condition) -> GateLine:
    index = Gate.CONDITION + k
    value, threshold = _pair(evaluation, index)
    status = _status(evaluation, index)
    shown, limit = _number(value), _number(threshold)
    words = condition.label if status == PASS else condition.failure(shown, limit)
    return GateLine(index, condition.name, condition.label, status, shown, limit, words, _distance(value, threshold))


def _platform(evaluation: Evaluation, gate: Gate) -> GateLine:
    text = TEXTS[gate]
    value, threshold = _pair(evaluation, gate)
    shown, limit = (_in_unit(number, text.unit) for number in (value, threshold))
    words = text.rule.format(value=shown, threshold=limit)
    if gate == Gate.STATE:
        shown, limit, words = _enum(BotState, value), "running", f"the bot is {_enum(BotState, value)}"
    elif gate == Gate.HALT:
        shown, limit = _enum(HaltLevel, value), "none"
        in_force = "an operator has stopped trading" if evaluation.operator_halt else "a halt is in force"
        words = in_force if value else "no halt is in force"
    elif text.unit == "flag":
        shown, limit = "yes" if value else "no", "yes"
    distance = None if text.unit == "flag" else _distance(value, threshold)
    return GateLine(int(gate), gate.name.lower(), text.name, _status(evaluation, gate), shown, limit, words, distance)


def _pair(evaluation: Evaluation, index: int) -> tuple[float, float]:
    return evaluation.values[index], evaluation.thresholds[index]


def _distance(value: float, threshold: float) -> float | None:
    if not math.isfinite(value) or not math.isfinite(threshold) or not threshold:
        return None
    return (value - threshold) / abs(threshold)


def _enum(kind: type[BotState] | type[HaltLevel], value: float) -> str:
    return DASH if math.isnan(value) else kind(int(value)).name.lower()


def _number(value: float) -> str:
    """At most six digits that matter, never an exponent."""
    if not math.isfinite(value):
        return DASH
    digits = max(0, 5 - (math.floor(math.log10(abs(value))) if value else 0))
    return f"{value:,.{min(digits, 8 if abs(value) < 1 else 2)}f}"


def _in_unit(value: float, unit: str) -> str:
    if not math.isfinite(value):
        return DASH
    match unit:
        case "seconds":
            return _duration(int(value))
        case "ratio":
            return f"{value * 100:,.2f}\u00a0%"
        case "count" | "bars":
            return f"{value:,.0f}"
        case _:
            return f"{value:,.2f}"


def _duration(seconds: int) -> str:
    if seconds >= 10**9:
        return "for ever"
    if seconds < 120:
        return f"{seconds}\u00a0s"
    return f"{seconds // 60}\u00a0min" if seconds < 7200 else f"{seconds / 3600:.1f}\u00a0h"
