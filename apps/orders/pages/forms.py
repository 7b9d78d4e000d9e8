"""Tickets of plain orders, at market and with a limit; and the change of a resting one."""

from typing import Any

from django import forms

from apps.accounts.models import User
from apps.orders.estimates import Estimate, estimate
from apps.orders.manual import order_place
from apps.orders.models import Order, Side
from apps.orders.pages.fields import NumberInput, moment_input
from apps.orders.pages.writing import OrderForm, Place
from apps.orders.tickets import PRICES, Ticket
from engine.kinds import OrderKind, TimeInForce

TIMES = {
    TimeInForce.GTC: "Until cancelled", TimeInForce.GTD: "Until a time", TimeInForce.IOC: "At once, cancel the rest",
    TimeInForce.FOK: "At once and whole, or not at all",
}  # fmt: skip


class TicketForm(OrderForm):
    """One order in one market."""

    order_kind: OrderKind

    def __init__(self, data: Any = None, *, place: Place) -> None:
        super().__init__(data, place=place, name=self.order_kind.name.lower())
        product = place.product
        least = f"At least {product.base_min_size.normalize():f}, in steps of {product.base_increment.normalize():f}"
        self.fields["quantity"] = NumberInput(label="Quantity", unit=product.base, help_text=least)

    @property
    def ticket(self) -> Ticket:
        """Of a valid form."""
        told = self.cleaned_data
        force = told.get("time_in_force") or "gtc"
        return Ticket(
            side=self.place.side, kind=self.order_kind, quantity=told.get("quantity"), amount=told.get("amount"),
            limit_price=told.get("limit_price"), time_in_force=TimeInForce[force.upper()],
            post_only=told.get("post_only", False), expires=told.get("expires") if force == "gtd" else None,
        )  # fmt: skip

    def reckon(self) -> Estimate:
        return estimate(account=self.place.account, product=self.place.product, ticket=self.ticket)

    def send(self, user: User, key: str) -> Order:
        place = self.place
        return order_place(user=user, account=place.account, product=place.product, ticket=self.ticket, request=key)


class MarketForm(TicketForm):
    order_kind = OrderKind.MARKET
    sizes = ("quantity", "amount")

    def __init__(self, data: Any = None, *, place: Place) -> None:
        super().__init__(data, place=place)
        if place.side == Side.BUY:
            words = "Instead of a quantity; fees are included"
            self.fields["amount"] = NumberInput(label="Or spend", unit=place.product.quote, help_text=words)


class LimitForm(TicketForm):
    order_kind = OrderKind.LIMIT
    prices = fills = ("limit_price",)

    def __init__(self, data: Any = None, *, place: Place) -> None:
        super().__init__(data, place=place)
        choices = [(force.name.lower(), words) for force, words in TIMES.items()]
        self.fields["limit_price"] = NumberInput(label="Limit", unit=place.product.quote)
        self.fields["time_in_force"] = forms.ChoiceField(label="How long", choices=choices, required=False)
        self.fields["expires"] = moment_input("Ends", "The market's time, in your zone")
        self.fields["post_only"] = forms.BooleanField(label="Only rest in the book (post only)", required=False)


class EditForm(forms.Form):
    """What of a resting order may change."""

    def __init__(self, data: Any = None, *, order: Order) -> None:
        super().__init__(data)
        product = order.product
        filled = f"The new total; {order.filled.normalize():f} are filled" if order.filled else ""
        self.fields["quantity"] = NumberInput(label="Quantity", unit=product.base, help_text=filled)
        for name in ("stop_price", "limit_price"):
            if name in PRICES[OrderKind(order.kind)]:
                self.fields[name] = NumberInput(label=name.split("_")[0].capitalize(), unit=product.quote)
        self.initial = {name: getattr(order, name) for name in self.fields}

    def changed(self) -> dict[str, Any]:
        """What differs from the order; empty values stay as they are."""
        told = self.cleaned_data
        return {name: value for name, value in told.items() if value is not None and value != self.initial[name]}
