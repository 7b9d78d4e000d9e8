"""Typed numbers of a ticket, with their units."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError


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
        return f"{value.normalize():f}" if isinstance(value, Decimal) else value
