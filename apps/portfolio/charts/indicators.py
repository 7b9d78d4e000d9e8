"""What is drawn over or under the candles: asked for in the address, computed by the core."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django import forms
from django.core.exceptions import ValidationError

from engine.indicators import bollinger, ema, macd, rsi, sma

SHORTEST, LONGEST = 2, 400  # bars of an average
MOST = 3  # averages of one kind
SETTLING = 8  # lengths after which a smoothed value has forgotten where it began
MACD_WARM = 26 * SETTLING


class LengthsField(forms.CharField):
    """Lengths in bars such as '20, 50'; empty for none."""

    def __init__(self, *, most: int, **options: Any) -> None:
        self.most = most
        attrs = {"inputmode": "numeric", "autocomplete": "off", "placeholder": "off"}
        super().__init__(required=False, max_length=20, widget=forms.TextInput(attrs=attrs), **options)

    def clean(self, value: Any) -> list[int]:
        parts = str(value or "").replace(",", " ").split()
        lengths = [int(part) for part in parts if part.isdecimal() and len(part) < 4]
        if len(lengths) != len(parts) or any(not SHORTEST <= length <= LONGEST for length in lengths):
            raise ValidationError(f"{self.label} must be whole numbers from {SHORTEST} to {LONGEST}, was {value!r}")
        if len(lengths) > self.most:
            raise ValidationError(f"{self.label} must be at most {self.most}, were {len(lengths)}")
        return list(dict.fromkeys(lengths))


class IndicatorForm(forms.Form):
    """Every field stands in the address, so that a chart can be kept and shared."""

    ma = LengthsField(label="MA", most=MOST, help_text="Simple averages, e.g. 20, 50")
    ema = LengthsField(label="EMA", most=MOST, help_text="Exponential averages")
    bollinger = LengthsField(label="Bollinger", most=1, help_text="Average and 2 deviations, e.g. 20")
    rsi = LengthsField(label="RSI", most=1, help_text="Relative strength, e.g. 14")
    macd = forms.BooleanField(label="MACD 12, 26, 9", required=False)

    @property
    def chosen(self) -> dict[str, Any]:
        """Clean values; of a malformed form what is well-formed."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields if self.cleaned_data.get(name)}

    @property
    def words(self) -> str:
        """What is chosen, for people: 'MA 20, 50; RSI 14'."""
        parts = [
            f"{self.fields[name].label} {', '.join(map(str, value))}" if isinstance(value, list) else "MACD"
            for name, value in self.chosen.items()
        ]
        return "; ".join(parts)


@dataclass(frozen=True)
class Drawn:
    """A line or histogram. ``pane``: 'price' over the candles, else one of its own under them."""

    label: str
    pane: str
    kind: str  # 'line' or 'bars'
    values: np.ndarray


def warm_up(chosen: dict[str, Any]) -> int:
    """Bars needed before the first one shown."""
    lengths = [length for name in ("ma", "ema", "bollinger", "rsi") for length in chosen.get(name, ())]
    return max([length * SETTLING for length in lengths] + [MACD_WARM if chosen.get("macd") else 0])


def drawn(chosen: dict[str, Any], closes: np.ndarray) -> Iterator[Drawn]:
    """What was chosen, over the closes."""
    for name, average in (("ma", sma), ("ema", ema)):
        for length in chosen.get(name, ()):
            yield Drawn(f"{name.upper()} {length}", "price", "line", average(closes, length))
    for length in chosen.get("bollinger", ()):
        for label, values in zip(("lower", "middle", "upper"), bollinger(closes, length), strict=True):
            yield Drawn(f"BB {length} {label}", "price", "line", values)
    for length in chosen.get("rsi", ()):
        yield Drawn(f"RSI {length}", "rsi", "line", rsi(closes, length))
    if chosen.get("macd"):
        line, signal, histogram = macd(closes)
        yield Drawn("MACD histogram", "macd", "bars", histogram)
        yield Drawn("MACD", "macd", "line", line)
        yield Drawn("MACD signal", "macd", "line", signal)
