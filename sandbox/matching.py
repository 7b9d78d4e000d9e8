"""Which resting orders a taker would meet: a plan, reckoned before anything moves."""

from dataclasses import dataclass
from decimal import Decimal

from sandbox.book import BUY, Book
from sandbox.money import ZERO, floor_to, over, times
from sandbox.orders import Resting


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of something resting. ``own``: the taker's own order, which is decremented and never filled."""

    resting: Resting
    size: Decimal
    own: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    cuts: tuple[Cut, ...]
    left: Decimal  # of the size, in base; of the funds, in quote, in a plan by funds

    @property
    def filled(self) -> Decimal:
        return sum((cut.size for cut in self.cuts if not cut.own), ZERO)

    @property
    def value(self) -> Decimal:
        """In quote, without fees."""
        return sum((times(cut.size, cut.resting.price) for cut in self.cuts if not cut.own), ZERO)


def by_size(book: Book, side: str, limit: Decimal | None, size: Decimal, user: str) -> Plan:
    """``size`` in base, at ``limit`` or better; None takes any price."""
    cuts: list[Cut] = []
    for resting in book.crossing(side, limit):
        if size <= 0:
            break
        part = min(size, resting.size)
        cuts.append(Cut(resting, part, own=_owned(resting, user)))
        size -= part
    return Plan(tuple(cuts), size)


def by_funds(book: Book, limit: Decimal | None, funds: Decimal, increment: Decimal, user: str) -> Plan:
    """A buy for ``funds`` of quote without fees, in whole increments; what is below one increment is left.

    Own orders are passed over.
    """
    cuts: list[Cut] = []
    for resting in book.crossing(BUY, limit):
        part = min(floor_to(over(funds, resting.price), increment), resting.size)
        if _owned(resting, user):
            continue
        if part <= 0:
            break
        cuts.append(Cut(resting, part))
        funds -= times(part, resting.price)
    return Plan(tuple(cuts), funds)


def _owned(resting: Resting, user: str) -> bool:
    return resting.order is not None and resting.order.user == user
