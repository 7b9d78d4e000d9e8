"""What the exchange in memory keeps: orders, and each product's market as far as it was shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

from engine.config import ProductRules
from engine.kinds import Side
from engine.orders.states import OrderState
from engine.records import ORDER, Record
from exchanges.port import NewOrder, OrderReport


@dataclass
class Held:
    """An order as the exchange keeps it; ``asked`` as it was last edited."""

    asked: NewOrder
    number: int
    row: Record
    created: datetime
    state: OrderState = OrderState.OPEN
    spent: Decimal = Decimal(0)  # quote of its fills, fees included


@dataclass
class Market:
    """A product and what has been shown of its market."""

    product: ProductRules
    rules: Record
    position: int = 0
    time: int = 0
    last: Decimal | None = None


def row_of(order: NewOrder, market: Market) -> Record:
    """The order as the matching sees it, arriving now."""
    row = np.zeros(1, ORDER)[0]
    row["side"], row["kind"] = Side.BUY if order.side == "buy" else Side.SELL, order.kind
    row["qty"], row["arrival"] = market.product.lots(order.quantity), market.position
    row["limit"], row["stop"] = float(order.limit_price or 0), float(order.stop_price or 0)
    row["funds"] = float(order.funds or 0)
    row["tif"], row["post_only"] = order.time_in_force, order.post_only
    row["expires"] = int(order.expires.timestamp()) if order.expires else 0
    return row


def report(held: Held, products: Mapping[str, ProductRules]) -> OrderReport:
    """The order as the exchange shows it."""
    asked = held.asked
    return OrderReport(
        client_order_id=asked.client_order_id, exchange_order_id=f"simulated-{held.number}", state=held.state,
        filled=products[asked.symbol].quantity(held.row["filled"]), symbol=asked.symbol, side=asked.side,
        kind=asked.kind, quantity=asked.quantity, limit_price=asked.limit_price, stop_price=asked.stop_price,
        created=held.created,
        message="it would have traded at once" if held.state == OrderState.REJECTED else "",
    )  # fmt: skip


def on_tick(price: float, tick: Decimal) -> Decimal:
    """The core's price is on the tick but for its last binary digit."""
    return (Decimal(price) / tick).quantize(Decimal(1), ROUND_HALF_EVEN) * tick
