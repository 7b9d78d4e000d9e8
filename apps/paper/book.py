"""Matching a paper book: the core's matching over the market's events, each fill priced again in Decimal."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

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
from engine.orders.matching import match

STATUS = {
    Done.OPEN: PaperOrder.Status.OPEN,
    Done.FILLED: PaperOrder.Status.FILLED,
    Done.CANCELLED: PaperOrder.Status.CANCELLED,
}


def advance(account: TradingAccount, book: PaperBook, orders: Sequence[PaperOrder]) -> int:
    """Matches the open orders of a locked book against the events after its position; returns the position reached."""
    feed = book.product.feed
    rules = rules_record(product_rules(book.product), account_costs(account))
    for event in events_between(feed, book.position, feed.position):
        for order in orders:
            if order.status == PaperOrder.Status.OPEN:
                _match(account, book.product, order, event, rules)
    book.position = feed.position
    book.save(update_fields=["position"])
    return book.position


def _match(account: TradingAccount, product: Product, order: PaperOrder, event: np.void, rules: np.ndarray) -> None:
    row, fill = _row(order), np.zeros(1, records.FILL)
    before = row.tobytes()
    filled = match(row[0], event, rules[0], fill[0])
    if row.tobytes() == before:
        return
    order.filled, order.funds = int(row["filled"][0]), float(row["funds"][0])
    order.triggered, order.resting = bool(row["triggered"][0]), bool(row["resting"][0])
    if filled:
        order.status = STATUS[Done(int(fill["done"][0]))]
        if fill["qty"][0]:
            _fill(account, product, order, fill[0])
    order.save()


def _fill(account: TradingAccount, product: Product, order: PaperOrder, fill: np.void) -> None:
    price = _on_tick(float(fill["price"]), product.quote_increment)
    quantity = product.base_increment * int(fill["qty"])
    rate = account.fee_maker if fill["maker"] else account.fee_taker
    PaperFill.objects.create(
        order=order, account=account, position=int(fill["position"]), time=int(fill["time"]), price=price,
        quantity=quantity, fee=kept(price * quantity * rate), maker=bool(fill["maker"]),
        reason=FillReason(int(fill["reason"])).name.lower(),
    )  # fmt: skip


def _on_tick(price: float, tick: Decimal) -> Decimal:
    """The core's price is on the tick but for its last binary digit."""
    return (Decimal(price) / tick).quantize(Decimal(1), ROUND_HALF_EVEN) * tick


def _row(order: PaperOrder) -> np.ndarray:
    row = np.zeros(1, records.ORDER)
    row["id"], row["side"], row["kind"] = order.pk, order.side, order.kind
    row["qty"], row["filled"] = order.lots, order.filled
    row["limit"], row["stop"], row["funds"] = order.limit, order.stop, order.funds
    row["arrival"], row["triggered"], row["resting"] = order.arrival, order.triggered, order.resting
    return row
