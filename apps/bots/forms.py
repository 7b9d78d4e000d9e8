"""What a bot is told, as a form: made anew for each strategy from its typed parameters."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.bots.controls import MOST, RECOVERIES, RECOVERY
from apps.bots.fields import NumberField, control_fields, number, parameter_field, percent_text, ratio_of
from apps.bots.models import BotVersion
from apps.markets.models import TIMEFRAMES, Product
from engine.strategies.base import ParameterError, Strategy
from engine.strategies.registry import REGISTRY
from engine.strategies.validation import validate

SIZE_MODES = [
    ("equity", "Percent of equity"),
    ("quote", "Fixed amount"),
    ("risk", "Percent of equity at risk until the stop"),
]
PARAM = "p_"  # before a parameter's name, so that it never meets a control's
FRAMES = [(seconds, name) for name, seconds in TIMEFRAMES.items()]


class ChooseForm(forms.Form):
    """First step: where and how."""

    product = forms.ModelChoiceField(
        Product.objects.none(), label="Market", widget=forms.RadioSelect, empty_label=None,
        error_messages={
            "required": "Market must be chosen.",
            "invalid_choice": "Market must be one of the account's venue that is open for trading.",
        },
    )  # fmt: skip
    strategy = forms.ChoiceField(
        label="Strategy", choices=[(strategy.name, strategy.title) for strategy in REGISTRY.values()],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Strategy must be chosen.",
            "invalid_choice": f"Strategy must be one of {', '.join(REGISTRY)}, was %(value)s.",
        },
    )  # fmt: skip

    def __init__(self, *args: Any, products: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["product"].queryset = products  # type: ignore[attr-defined]


class BotForm(forms.Form):
    """Name, timeframe, size, controls and the strategy's parameters."""

    name = forms.CharField(
        max_length=60, label="Name",
        error_messages={"required": "Name must have 1 to 60 characters, was empty."},
    )  # fmt: skip
    timeframe = forms.TypedChoiceField(
        choices=FRAMES, coerce=int, label="Decides on bars of",
        error_messages={"invalid_choice": f"Bars must be one of {', '.join(TIMEFRAMES)}, was %(value)s."},
    )  # fmt: skip
    size_mode = forms.ChoiceField(
        choices=SIZE_MODES, label="Size is",
        error_messages={"invalid_choice": "Size must be counted as equity, quote or risk, was %(value)s."},
    )  # fmt: skip

    recovery = forms.ChoiceField(
        choices=list(RECOVERIES.items()), label="After a breakdown", required=False,
        help_text="What it does when its account was left alone for more than three minutes",
        error_messages={"invalid_choice": f"After a breakdown must be one of {', '.join(RECOVERIES)}, was %(value)s."},
    )  # fmt: skip

    def __init__(
        self, *args: Any, strategy: Strategy, quote: str, version: BotVersion | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.strategy = strategy
        self.quote = quote
        self.fields["size"] = NumberField(
            parse=number, unit=f"% or {quote}", shown=str, label="Size of a position",
            help_text=f"Percent of equity, or an amount in {quote}, as chosen beside it",
        )  # fmt: skip
        self.fields.update(control_fields())
        self.fields.update({PARAM + item.name: parameter_field(item) for item in strategy.parameters})
        self.initial = (told_initial(version) if version else self._defaults()) | dict(self.initial)

    def _defaults(self) -> dict[str, Any]:
        return {
            "timeframe": self.strategy.timeframe,
            "confirmation": self.strategy.confirmation,
            "size_mode": "equity",
            "size": "5",
            "recovery": RECOVERY,
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "size" in data and "size_mode" in data:
            try:
                data["size"] = self._size(data["size_mode"], str(data["size"]))
            except ValueError as error:
                self.add_error("size", f"Size {error}, was {self.data.get('size')}")
        if not self.errors:
            try:
                validate(self.strategy, self.params)
            except ParameterError as error:
                label = self.fields[PARAM + error.field].label
                self.add_error(PARAM + error.field, f"{label} {error.rule}, was {error.value}")
        return data

    def _size(self, mode: str, text: str) -> float:
        value = number(text)
        if value <= 0:
            raise ValueError("must be above 0")
        if mode in MOST:
            return ratio_of(text, Decimal(0), Decimal(repr(MOST[mode])))
        return float(value)

    @property
    def params(self) -> dict[str, Any]:
        return {item.name: self.cleaned_data[PARAM + item.name] for item in self.strategy.parameters}

    @property
    def controls(self) -> dict[str, Any]:
        names = ["size_mode", "size", *control_fields()]
        recovery = self.cleaned_data["recovery"] or RECOVERY
        return {"recovery": recovery} | {name: self.cleaned_data[name] for name in names}

    @property
    def parameter_fields(self) -> list[forms.BoundField]:
        return [self[PARAM + item.name] for item in self.strategy.parameters]

    @property
    def control_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in (*control_fields(), "recovery")]

    def refuse(self, error: ValidationError) -> None:
        """Puts what a service refused beside the fields it names."""
        for name, messages in error.message_dict.items():
            field = name if name in self.fields else PARAM + name if PARAM + name in self.fields else None
            label = self.fields[field].label if field else name.capitalize()
            self.add_error(field, [f"{label} {message}" for message in messages])


def told_initial(version: BotVersion) -> dict[str, Any]:
    """A version as the form shows it."""
    controls = {"recovery": RECOVERY} | version.controls
    size = controls.pop("size")
    shown = percent_text(size) if controls["size_mode"] in MOST else f"{Decimal(repr(size)).normalize():f}"
    params = {PARAM + name: value for name, value in version.params.items()}
    return {"name": version.bot.name, "timeframe": version.timeframe, "size": shown, **controls, **params}
