"""Tickets of advanced orders, made of their definitions: stops, OCO, brackets, trailing stops, icebergs, TWAP."""

from decimal import Decimal
from typing import Any

from django import forms

from apps.accounts.models import User
from apps.orders.estimates import Estimate
from apps.orders.groups.creation import group_create, group_estimate
from apps.orders.models import OrderGroup
from apps.orders.pages.fields import NumberInput, PercentInput, moment_input
from apps.orders.pages.writing import OrderForm, Place
from engine.plans.definitions import Definition
from engine.plans.fields import Field

# Prices first, then sizes; what most leave as it is stands folded away.
SELDOM = (
    "escalate_after", "escalate_beyond", "escalate_cap", "source", "swap", "rest", "every", "drift", "variance",
    "stop_limit_price", "entry_price", "activation_profit", "expires", "post_only", "offset", "callback_amount",
)  # fmt: skip
FIRST = ("callback", "slices", "duration")  # what makes the order, beside its prices
SIZES = ("quantity", "display")


class PlanForm(OrderForm):
    """An advanced order of one kind."""

    sizes = SIZES
    seldom = SELDOM

    def __init__(self, data: Any = None, *, place: Place, definition: Definition) -> None:
        super().__init__(data, place=place, name=definition.name)
        self.definition = definition
        asked = [field for field in definition.fields if field.name != "side"]
        self.fills = tuple(field.name for field in asked if field.kind == "price" and field.name not in SELDOM)
        self.prices = (*(field.name for field in asked if field.name in FIRST), *self.fills)
        for field in asked:
            self.fields[field.name] = _form_field(field, place)
            self.initial[field.name] = field.default

    @property
    def params(self) -> dict[str, object]:
        """Of a valid form, as the core's definition takes them."""
        told = {field.name: self.cleaned_data.get(field.name) for field in self.definition.fields}
        return {name: value for name, value in told.items() if value not in (None, "")} | {"side": self.place.side}

    def reckon(self) -> Estimate:
        place = self.place
        return group_estimate(
            account=place.account, product=place.product, kind=self.definition.kind, params=self.params
        )

    def send(self, user: User, key: str) -> OrderGroup:
        place = self.place
        return group_create(
            user=user, account=place.account, product=place.product, kind=self.definition.kind, params=self.params,
            request=key,
        )  # fmt: skip


def _form_field(field: Field, place: Place) -> forms.Field:
    if field.kind == "flag":
        return forms.BooleanField(label=field.label, required=False, help_text=field.help)
    if field.kind == "choice":
        return forms.ChoiceField(label=field.label, choices=field.choices, required=False, help_text=field.help)
    if field.kind == "time":
        return moment_input(field.label, field.help)
    if field.kind == "ratio":
        words = field.help.replace("0.02 is 2 % of", "Of")  # here it is typed in percent
        return PercentInput(label=field.label, low=field.minimum, high=field.maximum, help_text=words)
    units = {"price": place.product.quote, "quantity": place.product.base, "seconds": "s"}
    return _Number(label=field.label, unit=units.get(field.kind, ""), help_text=field.help)


class _Number(NumberInput):
    def prepare_value(self, value: Any) -> Any:
        return super().prepare_value(Decimal(value) if isinstance(value, int) else value)
