"""Orders in the exchange's own terms, and back. Sizes are always of base: quote-sized orders fill finer than the
increment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_UP, Decimal
from typing import Any

from engine.kinds import OrderKind, TimeInForce
from exchanges.coinbase.trading.facts import Quote
from exchanges.coinbase.values import maybe
from exchanges.port import NewOrder, Rejected

Row = dict[str, Any]
LIMIT_ONLY, POST_ONLY = "limit_only", "post_only"
REACH = Decimal("0.05")  # how far from its price an order at market may trade; a bracket's stop may so far here
NATIVE = frozenset({OrderKind.MARKET, OrderKind.LIMIT, OrderKind.STOP, OrderKind.STOP_LIMIT, OrderKind.BRACKET})
KINDS = {
    "MARKET": OrderKind.MARKET, "LIMIT": OrderKind.LIMIT, "STOP_LIMIT": OrderKind.STOP_LIMIT,
    "BRACKET": OrderKind.BRACKET,
}  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """What an order row of the exchange says it was placed with."""

    quantity: Decimal | None  # None of an order sized in quote
    limit_price: Decimal | None
    stop_price: Decimal | None


def configuration(order: NewOrder, *, tick: Decimal, most: Decimal | None = None) -> Row:
    """The order_configuration. ``most``: the worst price at which an order at market may trade; None: any.

    Raises Rejected for what cannot be said there.
    """
    if order.quantity <= 0:
        raise Rejected(f"quantity must be above 0, was {plain(order.quantity)}", field="quantity")
    for field in ("limit_price", "stop_price"):
        price = getattr(order, field)
        if price is not None and price <= 0:
            raise Rejected(f"{field.replace('_', ' ')} must be above 0, was {plain(price)}", field=field)
    makers = {
        OrderKind.MARKET: _market, OrderKind.LIMIT: _limit, OrderKind.STOP: _stop, OrderKind.STOP_LIMIT: _stop_limit,
        OrderKind.BRACKET: _bracket,
    }  # fmt: skip
    return makers[order.kind](order, tick, most)


def most_paid(order: NewOrder, quote: Quote, taker: Decimal) -> Decimal:
    """The price up to which the order's funds cover it, fee included; never far from the market, which the exchange
    would refuse. Raises Rejected when that is nothing."""
    funds = order.funds or Decimal(0)
    cover = funds / (order.quantity * (1 + taker)) if order.quantity > 0 else Decimal(0)
    most = snapped(min(cover, quote.price * (1 + REACH)) if quote.price else cover, quote.tick, ROUND_DOWN)
    if most <= 0:
        words = f"funds must be above 0 and cover a price of {plain(quote.tick)}, were {plain(funds)}"
        raise Rejected(words, field="funds")
    return most


def refuse_closed(order: NewOrder, flags: frozenset[str]) -> None:
    """Raises Rejected where the product takes no such order now."""
    if closed := flags - {LIMIT_ONLY, POST_ONLY, "auction_mode"}:
        was = ", ".join(sorted(flag.replace("_", " ") for flag in closed))
        raise Rejected(f"product must take new orders, was {was}", field="symbol")
    rests = order.kind == OrderKind.LIMIT and order.post_only
    if POST_ONLY in flags and not rests:
        words = "post only must be on while the product takes nothing but post-only limit orders, was off"
        raise Rejected(words, field="post_only")


def least_taken(price: Decimal | None, tick: Decimal) -> Decimal | None:
    """Down to where a sale at market may trade where only limit orders are taken; None while no price is known."""
    return max(snapped(price * (1 - REACH), tick, ROUND_UP), tick) if price else None


def _market(order: NewOrder, tick: Decimal, most: Decimal | None) -> Row:
    """A purchase with funds is a limit order that never rests: at market, it could cost more than they are. So is any
    where the product takes only limit orders."""
    if most is None:
        return {"market_market_ioc": {"base_size": plain(order.quantity)}}
    return {"sor_limit_ioc": {"base_size": plain(order.quantity), "limit_price": plain(most)}}


def _limit(order: NewOrder, tick: Decimal, most: Decimal | None) -> Row:
    at_once = {TimeInForce.IOC: "sor_limit_ioc", TimeInForce.FOK: "limit_limit_fok"}
    sized = {"base_size": plain(order.quantity), "limit_price": plain(_needed(order, "limit_price"))}
    if order.time_in_force in at_once:
        if order.post_only:
            words = f"post only must be off for {order.time_in_force.name}, was on: such an order never rests"
            raise Rejected(words, field="post_only")
        return {at_once[order.time_in_force]: sized}
    return _resting("limit_limit", order, {**sized, "post_only": order.post_only})


def _stop(order: NewOrder, tick: Decimal, most: Decimal | None) -> Row:
    """The exchange has no stop at market: the nearest that rests there is a stop with a limit far behind it."""
    stop = _needed(order, "stop_price")
    if order.side == "sell":
        limit = snapped(stop * (1 - REACH), tick, ROUND_FLOOR)
    else:
        limit = snapped(stop * (1 + REACH), tick, ROUND_UP)
    return _triggered(order, stop, max(limit, tick))


def _stop_limit(order: NewOrder, tick: Decimal, most: Decimal | None) -> Row:
    return _triggered(order, _needed(order, "stop_price"), _needed(order, "limit_price"))


def _triggered(order: NewOrder, stop: Decimal, limit: Decimal) -> Row:
    direction = "STOP_DIRECTION_STOP_DOWN" if order.side == "sell" else "STOP_DIRECTION_STOP_UP"
    terms = {
        "base_size": plain(order.quantity), "limit_price": plain(limit), "stop_price": plain(stop),
        "stop_direction": direction,
    }  # fmt: skip
    return _resting("stop_limit_stop_limit", order, terms)


def _bracket(order: NewOrder, tick: Decimal, most: Decimal | None) -> Row:
    if order.side != "sell":
        raise Rejected("side of a bracket must be sell, was buy: it closes what is held", field="side")
    terms = {
        "base_size": plain(order.quantity), "limit_price": plain(_needed(order, "limit_price")),
        "stop_trigger_price": plain(_needed(order, "stop_price")),
    }  # fmt: skip
    return _resting("trigger_bracket", order, terms)


def _resting(name: str, order: NewOrder, terms: Row) -> Row:
    if order.time_in_force == TimeInForce.GTC:
        return {f"{name}_gtc": terms}
    if order.time_in_force != TimeInForce.GTD:
        words = f"time in force must be GTC or GTD, was {order.time_in_force.name}"
        raise Rejected(words, field="time_in_force")
    if order.expires is None:
        raise Rejected("expires must be given for GTD, was empty", field="expires")
    return {f"{name}_gtd": {**terms, "end_time": moment_text(order.expires)}}


def read_terms(row: Mapping[str, Any]) -> Terms:
    """Of an order row. What it leaves out is None; Malformed where a number is none."""
    variants = row.get("order_configuration")
    chosen = next((each for each in variants.values() if isinstance(each, dict)), {}) if variants else {}
    stop = maybe(chosen, "stop_price") or maybe(chosen, "stop_trigger_price")
    limit, size = maybe(chosen, "limit_price"), maybe(chosen, "base_size")
    if edits := row.get("edit_history"):
        last = max(edits, key=lambda edit: str(edit.get("replace_accept_timestamp", "")))
        limit, size = maybe(last, "price") or limit, maybe(last, "size") or size
    return Terms(quantity=size, limit_price=limit or None, stop_price=stop or None)


def read_kind(row: Mapping[str, Any]) -> OrderKind | None:
    """None for kinds that we never place: TWAP, scaled, ..."""
    return KINDS.get(str(row.get("order_type", "")))


def snapped(price: Decimal, tick: Decimal, rounding: str) -> Decimal:
    return (price / tick).quantize(Decimal(1), rounding) * tick


def plain(value: Decimal) -> str:
    """As the exchange wants it: never an exponent, no zeros at the end."""
    return format(value.normalize(), "f")


def moment_text(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError(f"a time must have a zone, was {moment.isoformat()}")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _needed(order: NewOrder, field: str) -> Decimal:
    price: Decimal | None = getattr(order, field)
    if price is None:
        words = f"{field.replace('_', ' ')} must be given for {order.kind.name.lower().replace('_', ' ')}, was empty"
        raise Rejected(words, field=field)
    return price
