"""What a person asks for, made sound: every field known, snapped to the product's increments, never to the worse."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal

from django.core.exceptions import ValidationError

from apps.markets.models import Product
from apps.operations.formats import short
from engine.kinds import OrderKind, TimeInForce

MOST = Decimal(10) ** 12  # of any number, and of what an order is worth
PRICES: dict[OrderKind, tuple[str, ...]] = {
    OrderKind.MARKET: (),
    OrderKind.LIMIT: ("limit_price",),
    OrderKind.STOP: ("stop_price",),
    OrderKind.BRACKET: ("limit_price", "stop_price"),
    OrderKind.STOP_LIMIT: ("limit_price", "stop_price"),
}


@dataclass(frozen=True)
class Ticket:
    """An order by hand. Quantities in base, prices and amounts in quote, ``expires`` in market time (UTC)."""

    side: str  # 'buy' or 'sell'
    kind: OrderKind = OrderKind.MARKET
    quantity: Decimal | None = None
    amount: Decimal | None = None  # instead of a quantity: a market buy spends it, fees included
    limit_price: Decimal | None = None  # of a bracket: its target
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    expires: datetime | None = None


def ticket_snapped(ticket: Ticket, product: Product, *, price: Decimal | None, now: datetime) -> Ticket:
    """The ticket with numbers that the product takes, at the last ``price`` and the market time ``now``.

    Quantities are cut, prices of a sale go up to the tick and those of a buy down: never worse than asked.
    ValidationError({field: rule}) for what makes no sense.
    """
    if ticket.side not in ("buy", "sell"):
        raise ValidationError({"side": f"must be buy or sell, was {ticket.side!r}"})
    if ticket.kind == OrderKind.BRACKET and ticket.side == "buy":
        raise ValidationError({"kind": "must not be bracket for a buy: a stop with a target ends a position"})
    _check_names(ticket)
    _check_time(ticket, now)
    rounding = ROUND_CEILING if ticket.side == "sell" else ROUND_FLOOR
    snapped = replace(
        ticket,
        quantity=_snap("quantity", ticket.quantity, product.base_increment, ROUND_DOWN),
        amount=_snap("amount", ticket.amount, product.quote_increment, ROUND_DOWN),
        limit_price=_snap("limit_price", ticket.limit_price, product.quote_increment, rounding),
        stop_price=_snap("stop_price", ticket.stop_price, product.quote_increment, rounding),
    )
    _check_prices(snapped, price)
    return snapped


def _check_names(ticket: Ticket) -> None:
    """Each kind has its own prices; a size is a quantity or an amount."""
    kind = ticket.kind.name.lower()
    for name in ("limit_price", "stop_price"):
        given = getattr(ticket, name) is not None
        if given != (name in PRICES[ticket.kind]):
            rule = "must be left out of" if given else "must be given for"
            raise ValidationError({name: f"{rule} a {kind} order"})
    if ticket.amount is not None and (ticket.kind != OrderKind.MARKET or ticket.side != "buy"):
        raise ValidationError({"amount": f"must be left out of a {kind} {ticket.side}: only a market buy spends one"})
    if (ticket.quantity is None) == (ticket.amount is None):
        both = ticket.quantity is not None
        rule = "must be left out beside an amount" if both else "must be given"
        raise ValidationError({"quantity": rule})


def _check_time(ticket: Ticket, now: datetime) -> None:
    force, kind = ticket.time_in_force, ticket.kind.name.lower()
    at_once = force in (TimeInForce.IOC, TimeInForce.FOK)
    if ticket.kind == OrderKind.MARKET and force != TimeInForce.GTC:
        raise ValidationError({"time_in_force": f"must be left out of a market order, was {force.name}"})
    if at_once and ticket.kind != OrderKind.LIMIT:
        raise ValidationError({"time_in_force": f"must be GTC or GTD for a {kind} order, was {force.name}"})
    if ticket.post_only and (at_once or ticket.kind != OrderKind.LIMIT):
        raise ValidationError({"post_only": "must be left out: only a limit order with GTC or GTD can rest"})
    if (ticket.expires is not None) != (force == TimeInForce.GTD):
        raise ValidationError({"expires": f"must be given for GTD and for nothing else, was {ticket.expires}"})
    if ticket.expires is not None and ticket.expires <= now:
        words = f"must be after the market's time of {now:%Y-%m-%d %H:%M:%S} UTC, was {ticket.expires}"
        raise ValidationError({"expires": words})


def _snap(field: str, value: Decimal | None, increment: Decimal, rounding: str) -> Decimal | None:
    if value is None:
        return None
    if not value.is_finite() or not 0 < value < MOST:
        raise ValidationError({field: f"must be above 0 and below {MOST:f}, was {value}"})
    snapped = (value / increment).to_integral_value(rounding) * increment
    if not snapped:
        raise ValidationError({field: f"must be at least {short(increment)}, was {short(value)}"})
    return snapped


def _check_prices(ticket: Ticket, price: Decimal | None) -> None:
    """A stop lies beyond the market on the side of the loss; the target of a bracket on the other."""
    limit, stop, sells = ticket.limit_price, ticket.stop_price, ticket.side == "sell"
    if ticket.kind == OrderKind.BRACKET and limit is not None and stop is not None and stop >= limit:
        raise ValidationError({"stop_price": f"must be below the target of {short(limit)}, was {short(stop)}"})
    if price is None:
        return
    if stop is not None and (stop >= price if sells else stop <= price):
        side = "below" if sells else "above"
        raise ValidationError({"stop_price": f"must be {side} the last price of {short(price)}, was {short(stop)}"})
    if ticket.kind == OrderKind.BRACKET and limit is not None and limit <= price:
        raise ValidationError({"limit_price": f"must be above the last price of {short(price)}, was {short(limit)}"})
