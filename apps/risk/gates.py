"""A gate in words: what was measured against which threshold, and what came of it."""

import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.operations.templatetags.figures import private
from engine.gates import TEXTS

MONEY = {gate.name.lower() for gate, text in TEXTS.items() if text.unit == "quote"}
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

    @property
    def is_money(self) -> bool:
        """Whether value and threshold are amounts of the account."""
        return self.key in MONEY

    @property
    def shown(self) -> SafeString:
        """The sentence for a page, its amounts of the account marked as such."""
        return marked(self.sentence, (self.value, self.threshold) if self.is_money else ())

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def marked(sentence: str, amounts: Iterable[str]) -> SafeString:
    """A sentence for a page: each of the amounts is hidden where people hide theirs."""
    wanted = sorted({amount for amount in amounts if any(map(str.isdigit, amount))}, key=len, reverse=True)
    if not wanted:
        return format_html("{}", sentence)
    whole = rf"(?<![\d.,])({'|'.join(map(re.escape, wanted))})(?!\d)"  # 5.00 is no part of 15.00
    parts = re.split(whole, sentence)
    return format_html_join("", "{}", ((private(part) if index % 2 else part,) for index, part in enumerate(parts)))


def distance(value: float, threshold: float) -> float | None:
    """How far a value is from its threshold as a ratio of it; None when one is unknown."""
    if not math.isfinite(value) or not math.isfinite(threshold) or not threshold:
        return None
    return (value - threshold) / abs(threshold)


def number(value: float) -> str:
    """At most six digits that matter, never an exponent."""
    if not math.isfinite(value):
        return DASH
    digits = max(0, 5 - (math.floor(math.log10(abs(value))) if value else 0))
    return f"{value:,.{min(digits, 8 if abs(value) < 1 else 2)}f}"


def in_unit(value: float, unit: str) -> str:
    """A value of a gate for people; ``unit`` as engine.gates has it."""
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
