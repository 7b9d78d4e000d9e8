"""Form fields made from the definitions of parameters and controls. Ratios are typed and shown in percent."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.bots.controls import CONTROLS, Control
from apps.operations.formats import short
from engine.strategies.base import Parameter, ParameterError

HUNDRED = Decimal(100)
RATIO_CONTROLS = {"step", "min_confidence"}
SECONDS_CONTROLS = {"confirmation", "cooldown"}


class NumberField(forms.CharField):
    """A number with its unit; ``parse`` turns the typed text into the value or raises ValueError with the rule."""

    def __init__(
        self, *, parse: Callable[[str], float | Decimal], unit: str, shown: Callable[[Any], str], **options: Any
    ) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(widget=widget, **options)
        self.parse, self.unit, self.shown = parse, unit, shown

    def clean(self, value: Any) -> float | Decimal:
        text = super().clean(value)
        try:
            return self.parse(text)
        except ValueError as error:
            raise ValidationError(f"{self.label} {error}, was {text}") from None

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else self.shown(value)


def parameter_field(parameter: Parameter) -> forms.Field:
    if is_switch(parameter):
        return forms.TypedChoiceField(
            choices=[(0, "No"), (1, "Yes")], coerce=int, label=parameter.label, help_text=_capital(parameter.help),
            initial=parameter.parse(parameter.default),
            error_messages={"invalid_choice": f"{parameter.label} must be 0 or 1, was %(value)s."},
        )  # fmt: skip
    if parameter.kind == "ratio":
        low, high = Decimal(repr(parameter.minimum)), Decimal(repr(parameter.maximum))
        return _percent_field(parameter.label, parameter.help, parameter.default, low, high)
    unit = {"seconds": "s", "int": "", "float": ""}[parameter.kind]
    return NumberField(
        parse=lambda text: _parse(parameter, text), unit=unit, shown=short, label=parameter.label,
        help_text=_capital(parameter.help), initial=parameter.default,
    )  # fmt: skip


def is_switch(parameter: Parameter) -> bool:
    return parameter.kind == "int" and (parameter.minimum, parameter.maximum) == (0, 1)


def control_field(control: Control) -> NumberField:
    if control.name in RATIO_CONTROLS:
        low, high = Decimal(repr(control.minimum)), Decimal(repr(control.maximum))
        help_text = control.help.split(",")[0]
        return _percent_field(control.label, help_text, control.default, low, high)
    unit = "s" if control.name in SECONDS_CONTROLS else ""
    return NumberField(
        parse=lambda text: _bounded(text, control), unit=unit, shown=short, label=control.label,
        help_text=_capital(control.help), initial=control.default,
    )  # fmt: skip


def control_fields() -> dict[str, NumberField]:
    """All controls but the size, which depends on how it is counted."""
    return {control.name: control_field(control) for control in CONTROLS if control.name != "size"}


def percent_text(ratio: float) -> str:
    """0.004 -> 0.4."""
    return short(Decimal(repr(ratio)) * HUNDRED)


def number(text: str) -> Decimal:
    """What was typed; a comma of thousands is no decimal point. Raises ValueError."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError("must be a number") from None
    if not value.is_finite():
        raise ValueError("must be a number")
    return value


def ratio_of(text: str, low: Decimal, high: Decimal) -> float:
    """Percent to a ratio within bounds (ratios, inclusive). Raises ValueError."""
    value = number(text) / HUNDRED
    if not low <= value <= high:
        raise ValueError(f"must be between {short(low * HUNDRED)} and {short(high * HUNDRED)} %")
    return float(value)


def _percent_field(label: str, help_text: str, default: float, low: Decimal, high: Decimal) -> NumberField:
    return NumberField(
        parse=lambda text: ratio_of(text, low, high), unit="%", shown=percent_text, label=label,
        help_text=_capital(help_text), initial=default,
    )  # fmt: skip


def _parse(parameter: Parameter, text: str) -> float:
    try:
        return parameter.parse(text)
    except ParameterError as error:
        raise ValueError(error.rule) from None


def _bounded(text: str, control: Control) -> float:
    value = number(text)
    if not Decimal(repr(control.minimum)) <= value <= Decimal(repr(control.maximum)):
        raise ValueError(f"must be between {control.minimum:g} and {control.maximum:g}")
    if control.whole and value != int(value):
        raise ValueError("must be a whole number")
    return int(value) if control.whole else float(value)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
