"""What every form of an order has: where it is written, and what a page shows of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.accounts.models import TradingAccount, User
from apps.markets.models import Feed, Product
from apps.operations.formats import clock, zone
from apps.orders.estimates import Estimate
from apps.orders.models import Order, OrderGroup, Side
from apps.orders.pages.fields import HUNDRED, PercentInput

HIDDEN = ("side", "kind", "market", "account")


@dataclass(frozen=True)
class Place:
    """Where an order is written."""

    account: TradingAccount
    feed: Feed
    side: str

    @property
    def product(self) -> Product:
        return self.feed.product


class OrderForm(forms.Form):
    """An order as people fill it in. Each kind says how it is reckoned and placed."""

    side = forms.ChoiceField(choices=Side.choices, widget=forms.HiddenInput)
    kind = forms.CharField(widget=forms.HiddenInput)
    market = forms.CharField(widget=forms.HiddenInput)
    account = forms.CharField(widget=forms.HiddenInput)
    prices: tuple[str, ...] = ()  # fields that stand first
    fills: tuple[str, ...] = ()  # those of them that a price of the market can fill
    sizes: tuple[str, ...] = ("quantity",)
    seldom: tuple[str, ...] = ()  # fields that few fill in: folded away

    def __init__(self, data: Any, *, place: Place, name: str) -> None:
        self.place = place
        asked = {"side": place.side, "kind": name, "market": place.product.symbol, "account": str(place.account.pk)}
        # What is asked for is in the address or the form; a tampered name is set right by the page's own.
        super().__init__(None if data is None else data.dict() | asked, initial=asked)

    def reckon(self) -> Estimate:
        """What the valid form's order would cost and do. ValidationError({field: rule})."""
        raise NotImplementedError

    def send(self, user: User, key: str) -> Order | OrderGroup:
        """Places the valid form's order, once for a key. ValidationError({field: rule})."""
        raise NotImplementedError

    @property
    def price_fields(self) -> list[forms.BoundField]:
        return self._bound(self.prices)

    @property
    def size_fields(self) -> list[forms.BoundField]:
        return self._bound(self.sizes)

    @property
    def other_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in (*HIDDEN, *self.prices, *self.sizes, *self.seldom)]

    @property
    def seldom_fields(self) -> list[forms.BoundField]:
        return self._bound(self.seldom)

    @property
    def has_seldom_errors(self) -> bool:
        return any(field.errors for field in self.seldom_fields)

    def _bound(self, names: tuple[str, ...]) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    @property
    def told(self) -> list[tuple[str, str]]:
        """Label and value of all that was filled in, for the review."""
        rows = []
        for field in self:
            value = self.cleaned_data.get(field.name)
            if field.name not in HIDDEN and value not in (None, "", False):
                rows.append((str(field.label), self._words(field, value)))
        return rows

    def _words(self, field: forms.BoundField, value: Any) -> str:
        if isinstance(value, datetime):
            return f"{clock(value)} {zone()}"
        if isinstance(value, Decimal):
            shown = value * HUNDRED if isinstance(field.field, PercentInput) else value
            return f"{shown.normalize():f} {getattr(field.field, 'unit', '')}".rstrip()
        choices = dict(getattr(field.field, "choices", ()))
        return str(choices.get(value, "yes" if value is True else value))

    @property
    def query(self) -> dict[str, str]:
        """The form as the query of the page that shows it filled in."""
        return {name: str(value) for name, value in self.data.items() if name in self.fields and value}

    def draft(self, values: Mapping[str, str]) -> None:
        """Shows what was typed before, perhaps into another kind of ticket, without judging it."""
        self.initial.update({name: values[name] for name in self.fields if name not in HIDDEN and values.get(name)})

    def refuse(self, error: ValidationError) -> None:
        """Puts a refusal of the services beside the field that it is about."""
        refuse(self, error)


def refuse(form: forms.Form, error: ValidationError) -> None:
    """Puts a ValidationError({field: rule}) into a form; of a field that it does not show, above all others."""
    told = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, rules in told.items():
        field = form.fields.get(name)
        shown = name if field is not None and not field.widget.is_hidden else None
        label = field.label if shown and field is not None else name.replace("_", " ")
        for rule in rules:
            form.add_error(shown, f"{str(label).capitalize()} {rule}.".strip())
