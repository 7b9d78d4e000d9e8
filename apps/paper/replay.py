"""What was recorded of an account's paper trading, matched again: by the bars that it met, or by minutes."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean

import numpy as np
from django.db.models import Q

from apps.accounts.models import TradingAccount
from apps.markets.events import events_between
from apps.markets.models import MarketSession
from apps.paper.book import matched, order_row, priced
from apps.paper.models import PaperBook, PaperFill, PaperOrder
from engine.events import SESSION_SPAN

FIELDS = ("order_id", "position", "time", "price", "quantity", "fee", "maker", "reason", "bar")


@dataclass(frozen=True, order=True)
class Filled:
    """A fill by the number of its order. Amounts exact, ``time`` in market seconds UTC, ``bar`` in seconds."""

    order_id: int
    position: int
    time: int
    price: Decimal
    quantity: Decimal
    fee: Decimal
    maker: bool
    reason: str
    bar: int


@dataclass(frozen=True)
class Comparison:
    """Fills of the same orders by two readings of a market. ``left_out``: orders that were edited, of which is not kept
    what they were before."""

    recorded: list[Filled]
    replayed: list[Filled]
    left_out: int

    @property
    def is_same(self) -> bool:
        return self.recorded == self.replayed

    @property
    def differences(self) -> tuple[list[Filled], list[Filled]]:
        """What only the record has, and what only the replay has."""
        return (
            [fill for fill in self.recorded if fill not in self.replayed],
            [fill for fill in self.replayed if fill not in self.recorded],
        )

    @property
    def filled_once(self) -> tuple[int, int]:
        """How many orders were filled only in the record, and only in the replay."""
        mine, theirs = ({fill.order_id for fill in fills} for fills in (self.recorded, self.replayed))
        return len(mine - theirs), len(theirs - mine)

    @property
    def price_error(self) -> float | None:
        """Mean distance between the average prices of orders that both filled, as a ratio; None without any."""
        mine, theirs = _averages(self.recorded), _averages(self.replayed)
        both = mine.keys() & theirs.keys()
        return fmean(abs(float(theirs[key] / mine[key] - 1)) for key in both) if both else None


def replay(account: TradingAccount, session: MarketSession, *, granularity: int | None = None) -> Comparison:
    """Lets the account's paper orders of the session meet its market again, up to where each book stands.

    ``granularity``: seconds of the bars that they meet; those that they met at the time if None. Fees and slippage are
    the account's of today.
    """
    within = Q(arrival__gte=session.pk * SESSION_SPAN, arrival__lt=(session.pk + 1) * SESSION_SPAN)
    orders = PaperOrder.objects.filter(within, book__account=account)
    kept = orders.filter(edited=False)
    recorded = PaperFill.objects.filter(order__in=kept).values_list(*FIELDS)
    return Comparison(
        recorded=sorted(Filled(*row) for row in recorded),
        replayed=sorted(
            fill
            for book in PaperBook.objects.filter(account=account).select_related("product__feed__session")
            for fill in _of_book(account, book, list(kept.filter(book=book).order_by("pk")), granularity)
        ),
        left_out=orders.exclude(pk__in=kept).count(),
    )


def _of_book(
    account: TradingAccount, book: PaperBook, orders: list[PaperOrder], granularity: int | None
) -> Iterator[Filled]:
    if not orders:
        return
    ends = {order.pk: order.ended for order in orders}
    events = events_between(
        book.product.feed, min(order.arrival for order in orders), book.position, granularity=granularity
    )
    for fill, bar in matched(account, book.product, np.concatenate([_fresh(order) for order in orders]), events):
        ended = ends[int(fill["order"])]
        if fill["qty"] and (ended is None or fill["position"] <= ended):
            yield Filled(order_id=int(fill["order"]), bar=bar, **priced(account, book.product, fill))


def _fresh(order: PaperOrder) -> np.ndarray:
    """The order as it was on arrival."""
    row = order_row(order)
    row["filled"], row["funds"], row["triggered"], row["resting"] = 0, order.asked, False, False
    return row


def _averages(fills: list[Filled]) -> dict[int, Decimal]:
    totals: dict[int, tuple[Decimal, Decimal]] = {}
    for fill in fills:
        paid, bought = totals.get(fill.order_id, (Decimal(0), Decimal(0)))
        totals[fill.order_id] = paid + fill.price * fill.quantity, bought + fill.quantity
    return {key: paid / bought for key, (paid, bought) in totals.items()}
