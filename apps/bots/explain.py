"""Decisions in words: each gate with value and threshold, and one sentence that says why there was no trade."""

import math

from django.utils.html import format_html

from apps.bots.models import Evaluation
from apps.risk.gates import BLOCKS, DASH, OFF, PASS, UNKNOWN, GateLine, distance, in_unit, number
from engine.gates import CONDITIONS, TEXTS, Gate
from engine.kinds import BotState, HaltLevel, Verdict
from engine.strategies.base import Condition
from engine.strategies.registry import REGISTRY

CONDITION_GATES = range(Gate.CONDITION, Gate.CONDITION + CONDITIONS)


def gates_of(evaluation: Evaluation) -> list[GateLine]:
    """Every gate of a decision, in the order in which they were asked."""
    conditions = range(len(REGISTRY[evaluation.version.strategy].conditions))
    lines = []
    for gate in sorted(TEXTS):
        if gate == Gate.SIGNAL:
            lines += [_line(evaluation, Gate.CONDITION + k) for k in conditions]
        lines.append(_line(evaluation, gate))
    return lines


def _line(evaluation: Evaluation, index: int) -> GateLine:
    if index in CONDITION_GATES:
        k = index - Gate.CONDITION
        return _condition(evaluation, k, REGISTRY[evaluation.version.strategy].conditions[k])
    return _platform(evaluation, Gate(index))


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
    return f"No entry: {_line(evaluation, evaluation.blocking).sentence}." if evaluation.blocking >= 0 else "No entry."


def sentence_shown(evaluation: Evaluation) -> str:
    """The same for a page, amounts of the account in it marked as such."""
    if evaluation.verdict != Verdict.BLOCKED or evaluation.blocking < 0:
        return sentence(evaluation)
    return format_html("No entry: {}.", _line(evaluation, evaluation.blocking).shown)


def _status(evaluation: Evaluation, index: int) -> str:
    if evaluation.unknown >> index & 1:
        if index == evaluation.blocking:
            return BLOCKS
        # A limit or control without a threshold was not asked; with one, its value was missing.
        is_rule = index not in CONDITION_GATES
        return OFF if is_rule and evaluation.thresholds[index] in (0, math.inf) else UNKNOWN
    return PASS if evaluation.passed >> index & 1 else BLOCKS


def _condition(evaluation: Evaluation, k: int, condition: Condition) -> GateLine:
    index = Gate.CONDITION + k
    value, threshold = _pair(evaluation, index)
    status = _status(evaluation, index)
    shown, limit = number(value), number(threshold)
    words = condition.label if status == PASS else condition.failure(shown, limit)
    return GateLine(index, condition.name, condition.label, status, shown, limit, words, distance(value, threshold))


def _platform(evaluation: Evaluation, gate: Gate) -> GateLine:
    text = TEXTS[gate]
    value, threshold = _pair(evaluation, gate)
    shown, limit = (in_unit(number, text.unit) for number in (value, threshold))
    words = text.rule.format(value=shown, threshold=limit)
    if gate == Gate.STATE:
        shown, limit, words = _enum(BotState, value), "running", f"the bot is {_enum(BotState, value)}"
    elif gate == Gate.HALT:
        shown, limit = _enum(HaltLevel, value), "none"
        in_force = "an operator has stopped trading" if evaluation.operator_halt else "a halt is in force"
        words = in_force if value else "no halt is in force"
    elif gate == Gate.EXCHANGE:
        shown, limit, words = "yes" if value else "no", "yes", evaluation.refusal or words
    elif text.unit == "flag":
        shown, limit = "yes" if value else "no", "yes"
    away = None if text.unit == "flag" else distance(value, threshold)
    return GateLine(int(gate), gate.name.lower(), text.name, _status(evaluation, gate), shown, limit, words, away)


def _pair(evaluation: Evaluation, index: int) -> tuple[float, float]:
    return evaluation.values[index], evaluation.thresholds[index]


def _enum(kind: type[BotState] | type[HaltLevel], value: float) -> str:
    return DASH if math.isnan(value) else kind(int(value)).name.lower()
