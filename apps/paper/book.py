"""Matching a paper book: the core's matching over the market's events, each fill priced again in Decimal."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np

from apps.accounts.costs import account_costs
from apps.accounts.models import TradingAccount
from apps.ledger.amounts import kept
from apps.markets.events import events_between
from apps.markets.models import Product
from apps.markets.rules import product_rules
from apps.paper.models import PaperBook, PaperFill, PaperOrder
from engine import records
from engine.config import rules_record
from engine.kinds import Done, FillReason
from engine.orders.resting import match_each

STATUS = {
    Done.OPEN: PaperOrder.Status.OPEN,
    Done.FILLED: PaperOrder.Status.FILLED,
    Done.CANCELLED: PaperOrder.Status.CANCELLED,
    Done.EXPIRED: PaperOrder.Status.EXPIRED,
    Done.REJECTED: PaperOrder.Status.REJECTED,
}


def advance(account: TradingAccount, book: PaperBook, orders: Sequence[PaperOrder]) -> int:
    """Matches the open orders of a locked book against the events after its position; returns the position reached."""
    feed = book.product.feed
    known = {order.pk: order for order in orders}
    rows = np.concatenate([order_row(order) for order in orders])
    before = rows.copy()
    for fill, bar in matched(account, book.product, rows, events_between(feed, book.position, feed.recorded)):
        order = known[int(fill["order"])]
        order.status = STATUS[Done(int(fill["done"]))]
        if fill["qty"]:
            PaperFill.objects.create(order=order, account=account, bar=bar, **priced(account, book.product, fill))
    for order, row, was in zip(orders, rows, before, strict=True):
        if row != was or order.status != PaperOrder.Status.OPEN:
            order.filled, order.funds = int(row["filled"]), float(row["funds"])
            order.triggered, order.resting = bool(row["triggered"]), bool(row["resting"])
            order.save()
    book.position = feed.recorded
    book.save(update_fields=["position"])
    return book.position


def matched(
    account: TradingAccount, product: Product, rows: np.ndarray, events: Iterable[tuple[np.void, int]]
) -> Iterator[tuple[np.void, int]]:
    """Lets ``rows`` (ORDER) meet the events; FILL records in order, each with the seconds of the bar that filled it."""
    rules = rules_record(product_rules(product), account_costs(account))[0]
    working, fills = np.ones(len(rows), bool), np.zeros(len(rows), records.FILL)
    for event, bar in events:
        for fill in fills[: match_each(rows, working, event, rules, fills)]:
            yield fill, bar


def priced(account: TradingAccount, product: Product, fill: np.void) -> dict[str, Any]:
    """A fill of the core in exact amounts, as PaperFill's fields."""
    price = _on_tick(float(fill["price"]), product.quote_increment)
    quantity = product.base_increment * int(fill["qty"])
    rate = account.fee_maker if fill["maker"] else account.fee_taker
    return {
        "position": int(fill["position"]), "time": int(fill["time"]), "price": price, "quantity": quantity,
        "fee": kept(price * quantity * rate), "maker": bool(fill["maker"]),
        "reason": FillReason(int(fill["reason"])).name.lower(),
    }  # fmt: skip


def order_row(order: PaperOrder) -> np.ndarray:
    """The order as the matching sees it."""
    row = np.zeros(1, records.ORDER)
    row["id"], row["side"], row["kind"] = order.pk, order.side, order.kind
    row["qty"], row["filled"] = order.lots, order.filled
    row["limit"], row["stop"], row["funds"] = order.limit, order.stop, order.funds
    row["arrival"], row["triggered"], row["resting"] = order.arrival, order.triggered, order.resting
    row["tif"], row["post_only"], row["expires"] = order.time_in_force, order.post_only, order.expires
    return row


def _on_tick(price: float, tick: Decimal) -> Decimal:
    """The core's price is on the tick but for its last binary digit."""
    return (Decimal(price) / tick).quantize(Decimal(1), ROUND_HALF_EVEN) * tick
