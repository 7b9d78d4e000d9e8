"""Typed values of a ticket, with their units."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.operations.formats import short

HUNDRED = Decimal(100)


class NumberInput(forms.CharField):
    """A number as a Decimal; commas of thousands are read over. None when it is left empty."""

    def __init__(self, *, label: str, unit: str, help_text: str = "") -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "spellcheck": "false"})
        super().__init__(label=label, help_text=help_text, required=False, max_length=40, widget=widget)
        self.unit = unit

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value).strip().replace(",", "")
        if not text:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise ValidationError(f"{self.label} must be a number, was {text[:20]}.")
        return number

    def prepare_value(self, value: Any) -> Any:
        return short(value) if isinstance(value, Decimal) else value


class PercentInput(NumberInput):
    """A ratio that is typed and shown in percent, within bounds (ratios, ends included)."""

    def __init__(self, *, label: str, low: Decimal | None, high: Decimal | None, help_text: str = "") -> None:
        super().__init__(label=label, unit="%", help_text=help_text)
        self.low, self.high = low or Decimal(0), high

    def clean(self, value: Any) -> Decimal | None:
        number = super().clean(value)
        if number is None:
            return None
        ratio = number / HUNDRED
        if ratio < self.low or (self.high is not None and ratio > self.high):
            most = "" if self.high is None else f" and at most {short(self.high * HUNDRED)}"
            words = f"{self.label} must be at least {short(self.low * HUNDRED)}{most} %, was {str(value)[:20]}."
            raise ValidationError(words)
        return ratio

    def prepare_value(self, value: Any) -> Any:
        return short(value * HUNDRED) if isinstance(value, Decimal) else value


def moment_input(label: str, help_text: str) -> forms.DateTimeField:
    """A moment in the user's time zone."""
    return forms.DateTimeField(
        label=label, required=False, help_text=help_text,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        error_messages={"invalid": f"{label} must be a time like 2026-11-21 14:30."},
    )  # fmt: skip
