"""A ticket as people fill it in: only the fields that its kind and side need."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.accounts.models import TradingAccount
from apps.markets.models import Feed, Product
from apps.orders.models import Order, Side
from apps.orders.pages.fields import NumberInput
from apps.orders.tickets import PRICES, Ticket
from engine.kinds import OrderKind, TimeInForce

TITLES = {
    OrderKind.MARKET: "Market", OrderKind.LIMIT: "Limit", OrderKind.STOP: "Stop", OrderKind.STOP_LIMIT: "Stop limit",
    OrderKind.BRACKET: "Stop and target",
}  # fmt: skip
KINDS = {kind.name.lower(): kind for kind in TITLES}
HELP = {
    OrderKind.MARKET: "Trades at once, at the price there is.",
    OrderKind.LIMIT: "Trades at the limit or better, or waits.",
    OrderKind.STOP: "Trades at market when the price reaches the stop.",
    OrderKind.STOP_LIMIT: "Becomes a limit order when the price reaches the stop; it may then wait without trading.",
    OrderKind.BRACKET: "Ends a position: at the stop or at the target, whichever comes first.",
}
TIMES = {
    TimeInForce.GTC: "Until cancelled", TimeInForce.GTD: "Until a time", TimeInForce.IOC: "At once, cancel the rest",
    TimeInForce.FOK: "At once and whole, or not at all",
}  # fmt: skip


class TicketForm(forms.Form):
    """An order by hand in one market. ``ticket`` is what the services take."""

    side = forms.ChoiceField(choices=Side.choices, widget=forms.HiddenInput)
    kind = forms.ChoiceField(choices=[(name, name) for name in KINDS], widget=forms.HiddenInput)
    market = forms.CharField(widget=forms.HiddenInput)
    account = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, account: TradingAccount, feed: Feed, side: str, kind: OrderKind) -> None:
        product = feed.product
        asked = {"side": side, "kind": kind.name.lower(), "market": product.symbol, "account": str(account.pk)}
        # What is asked for is in the address or the form; a tampered name is set right by the page's own.
        filled = None if data is None else data.dict() | asked
        super().__init__(filled, initial=asked)
        self.product, self.order_side, self.order_kind = product, side, kind
        self._add_size(product)
        self._add_prices(product)
        self._add_times()

    def _add_size(self, product: Product) -> None:
        spends = self.order_kind == OrderKind.MARKET and self.order_side == Side.BUY
        least = f"At least {product.base_min_size.normalize():f}, in steps of {product.base_increment.normalize():f}"
        self.fields["quantity"] = NumberInput(label="Quantity", unit=product.base, help_text=least)
        if spends:
            self.fields["amount"] = NumberInput(
                label="Or spend", unit=product.quote, help_text="Instead of a quantity; fees are included"
            )

    def _add_prices(self, product: Product) -> None:
        names = {"stop_price": "Stop", "limit_price": "Target" if self.order_kind == OrderKind.BRACKET else "Limit"}
        for name, label in names.items():
            if name in PRICES[self.order_kind]:
                self.fields[name] = NumberInput(label=label, unit=product.quote)

    def _add_times(self) -> None:
        if self.order_kind == OrderKind.MARKET:
            return
        at_once = (TimeInForce.IOC, TimeInForce.FOK) if self.order_kind != OrderKind.LIMIT else ()
        choices = [(force.name.lower(), words) for force, words in TIMES.items() if force not in at_once]
        self.fields["time_in_force"] = forms.ChoiceField(label="How long", choices=choices, required=False)
        self.fields["expires"] = forms.DateTimeField(
            label="Ends", required=False, help_text="Only with 'until a time'; the market's time in your zone",
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
            error_messages={"invalid": "Ends must be a time like 2026-11-21 14:30."},
        )  # fmt: skip
        if self.order_kind == OrderKind.LIMIT:
            self.fields["post_only"] = forms.BooleanField(label="Only rest in the book (post only)", required=False)

    @property
    def price_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("stop_price", "limit_price") if name in self.fields]

    @property
    def size_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("quantity", "amount") if name in self.fields]

    @property
    def time_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("time_in_force", "expires", "post_only") if name in self.fields]

    @property
    def ticket(self) -> Ticket:
        """Of a valid form."""
        told = self.cleaned_data
        force = told.get("time_in_force") or "gtc"
        return Ticket(
            side=self.order_side, kind=self.order_kind, quantity=told.get("quantity"), amount=told.get("amount"),
            limit_price=told.get("limit_price"), stop_price=told.get("stop_price"),
            time_in_force=TimeInForce[force.upper()], post_only=told.get("post_only", False),
            expires=told.get("expires"),
        )  # fmt: skip

    def refuse(self, error: ValidationError) -> None:
        """Puts a refusal of the services beside the field that it is about."""
        told_of(self, error)


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


def told_of(form: forms.Form, error: ValidationError) -> None:
    """Puts a ValidationError({field: rule}) into a form; of a field that it does not have, above all others."""
    told = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for field, rules in told.items():
        for rule in rules:
            name = field.replace("_", " ")
            here = field if field in form.fields and not form.fields[field].widget.is_hidden else None
            label = form.fields[field].label if here else name
            form.add_error(here, f"{str(label or name).capitalize()} {rule}.")


def ticket_query(ticket: Ticket, account: TradingAccount, symbol: str) -> dict[str, str]:
    """The ticket as the query of the page that shows it filled in."""
    told = {name: value for name, value in asdict(ticket).items() if value not in (None, False)}
    told |= {"kind": ticket.kind.name.lower(), "time_in_force": ticket.time_in_force.name.lower()}
    return {name: _text(value) for name, value in told.items()} | {"account": str(account.pk), "market": symbol}


def _text(value: Any) -> str:
    return f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)


def chosen(accounts: Sequence[TradingAccount], key: str) -> TradingAccount | None:
    """The account of that id, else the first."""
    return next((account for account in accounts if str(account.pk) == key), accounts[0] if accounts else None)
