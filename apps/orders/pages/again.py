"""The same order again: a ticket that is filled in as an order was."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from apps.markets.models import Product
from apps.operations.formats import clock, percent, price, short, size, span, zone
from apps.orders.groups.edits import params_now
from apps.orders.models import Order, OrderGroup
from apps.orders.pages.fields import HUNDRED
from engine.kinds import OrderKind, PlanKind, TimeInForce
from engine.plans.definitions import DEFINITIONS
from engine.plans.fields import Field

TIMES = {TimeInForce.IOC: "ioc", TimeInForce.FOK: "fok"}  # a time that was good until has passed


def again_address(made: Order | OrderGroup) -> str:
    """The ticket with everything but times; what the page cannot write so is written as what comes nearest."""
    fields = _of_group(made) if isinstance(made, OrderGroup) else _of_order(made)
    here = {"account": made.account_id, "market": made.product.symbol, "side": made.side}
    return f"{reverse('orders:orders')}?{urlencode(here | fields)}"


def given(group: OrderGroup) -> dict[str, Any]:
    """Name and value of all that a group was told and that says anything; side and quantity are told elsewhere."""
    told = params_now(group)
    return {name: value for name, value in told.items() if value not in (None, "", False, 0, "0") and name != "side"}


def told_value(field: Field, value: Any, product: Product) -> str:
    """A parameter for people, with its unit."""
    match field.kind:
        case "price":
            words = f"{price(Decimal(value), product.quote_increment)} {product.quote}"
        case "quantity":
            words = f"{size(Decimal(value), product.base_increment)} {product.base}"
        case "ratio":
            words = percent(Decimal(value))
        case "seconds":
            words = span(value)
        case "time":
            words = f"{clock(datetime.fromtimestamp(value, UTC))} {zone()}"
        case "choice":
            words = dict(field.choices).get(value, value)
        case _:
            words = "yes" if value is True else str(value)
    return words


def _of_order(order: Order) -> dict[str, str]:
    prices = {"limit_price": order.limit_price, "stop_price": order.stop_price}
    filled = {name: short(value) for name, value in prices.items() if value is not None}
    match OrderKind(order.kind):
        case OrderKind.MARKET:
            kind = "market"
        case OrderKind.LIMIT:
            kind = "limit"
            filled["time_in_force"] = TIMES.get(TimeInForce(order.time_in_force), "gtc")
            if order.post_only:
                filled["post_only"] = "on"
        case OrderKind.BRACKET:
            kind, filled["target_price"] = "oco", filled.pop("limit_price")
        case _:
            kind = "trigger"
    return {"kind": kind, "quantity": short(order.quantity), **filled}


def _of_group(group: OrderGroup) -> dict[str, str]:
    definition = DEFINITIONS[PlanKind(group.kind)]
    asked, filled = {field.name: field for field in definition.fields}, {"kind": definition.name}
    for name, value in given(group).items():
        match asked[name].kind:
            case "time":
                continue
            case "ratio":
                filled[name] = short(Decimal(value) * HUNDRED)
            case "price" | "quantity":
                filled[name] = short(Decimal(value))
            case "flag":
                filled[name] = "on"
            case _:
                filled[name] = str(value)
    return filled
