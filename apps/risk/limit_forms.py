"""The form of an account's limits, in the units that people think in."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.operations.formats import exact
from apps.risk.limits import LIMITS, SAME, WHOLE, Limit, loosens
from engine.config import RiskLimits

UNITS = {"ratio": "%", "quote": "USD", "seconds": "s", "count": ""}


class LimitField(forms.CharField):
    """A number of a limit: ratios are typed in percent. Cleans to the value as RiskPolicy keeps it."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.unit = UNITS[limit.unit]
        super().__init__(
            label=limit.label, help_text=f"{limit.help} 0 switches it off.", max_length=20,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            error_messages={"required": f"{limit.label} must be a number, 0 for no limit, was empty."},
        )  # fmt: skip

    @property
    def scale(self) -> int:
        return 100 if self.limit.unit == "ratio" else 1

    def prepare_value(self, value: Any) -> Any:
        """A stored number as it is typed; what somebody typed stays as it is."""
        return f"{(exact(value) * self.scale).normalize():f}" if isinstance(value, int | float) else value

    def clean(self, value: Any) -> float:
        text = super().clean(value).strip().replace(",", "")
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        most = Decimal(str(self.limit.most)) * self.scale
        if not number.is_finite() or not 0 <= number <= most:
            raise ValidationError(f"{self.label} must be from 0 to {most:,.0f}, was {text[:20]}.")
        if self.limit.unit in WHOLE and number != int(number):
            raise ValidationError(f"{self.label} must be a whole number, was {text[:20]}.")
        return float(number / self.scale)


class LimitsForm(forms.Form):
    def __init__(self, data: Any = None, *, limits: RiskLimits) -> None:
        self.limits = limits
        super().__init__(data, initial={limit.name: getattr(limits, limit.name) for limit in LIMITS})
        self.fields.update({limit.name: LimitField(limit) for limit in LIMITS})

    def changed(self) -> dict[str, float]:
        """What differs from the limits in force; empty while a field is wrong."""
        if not self.is_valid():
            return {}
        before = {name: float(getattr(self.limits, name)) for name in self.cleaned_data}
        return {name: new for name, new in self.cleaned_data.items() if abs(new - before[name]) > SAME}

    def raises(self) -> bool:
        """Whether something would be allowed that is not now."""
        return loosens(self.limits, self.changed())
