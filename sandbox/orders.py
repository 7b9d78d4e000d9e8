"""Orders and fills, and which status may follow which."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sandbox.money import ZERO, over
from sandbox.products import Product
from sandbox.terms import Terms


@dataclass(slots=True, eq=False)
class Resting:
    """Something that waits in a book's queue. ``order`` is None for the crowd's."""

    side: str
    price: Decimal
    size: Decimal
    order: "Order | None" = None


class Status(StrEnum):
    PENDING = "PENDING"
    OPEN = "OPEN"
    CANCEL_QUEUED = "CANCEL_QUEUED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"


FINAL = frozenset({Status.FILLED, Status.CANCELLED, Status.EXPIRED, Status.FAILED})
FOLLOWERS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.OPEN, Status.CANCEL_QUEUED} | FINAL),
    Status.OPEN: frozenset({Status.CANCEL_QUEUED, Status.FILLED, Status.CANCELLED, Status.EXPIRED}),
    Status.CANCEL_QUEUED: frozenset({Status.FILLED, Status.CANCELLED, Status.EXPIRED}),
    **{status: frozenset() for status in FINAL},
}


@dataclass(frozen=True, slots=True)
class Fill:
    """``sequence`` rises over all fills of the exchange; ``size`` in base."""

    sequence: int
    trade_id: str
    order_id: str
    user: str
    symbol: str
    side: str
    moment: int
    price: Decimal
    size: Decimal
    value: Decimal  # in quote
    fee: Decimal  # in quote
    maker: bool
    size_in_quote: bool


@dataclass(frozen=True, slots=True)
class Edit:
    moment: int
    price: Decimal
    size: Decimal


@dataclass(slots=True, eq=False)
class Order:
    """An order. Sizes in base, values, fees and funds in quote; ``size`` is 0 for a market buy by funds."""

    number: int
    order_id: str
    client_order_id: str
    user: str
    product: Product
    side: str
    terms: Terms
    configuration: dict[str, Any]  # as it was sent
    created: int
    maker_rate: Decimal
    taker_rate: Decimal
    size: Decimal = ZERO
    limit: Decimal | None = None
    stop: Decimal | None = None
    status: Status = Status.PENDING
    filled: Decimal = ZERO
    value: Decimal = ZERO
    fees: Decimal = ZERO
    fills: list[Fill] = field(default_factory=list)
    hold: Decimal = ZERO
    resting: Resting | None = None
    triggered: bool = False
    edits: list[Edit] = field(default_factory=list)
    cancel_message: str = ""
    reject_reason: str = "REJECT_REASON_UNSPECIFIED"
    last_fill: int | None = None
    updated: int = 0
    pending_cancel: bool = False
    parent: str = ""
    child: str = ""
    attached: dict[str, Any] | None = None
    preview_id: str = ""
    rested: int = 0  # rises from order to order that is put at the end of a queue

    def move(self, status: Status) -> None:
        """Raises ValueError for a status that may not follow."""
        if status not in FOLLOWERS[self.status]:
            raise ValueError(f"an order that is {self.status} must not become {status}")
        self.status = status

    @property
    def done(self) -> bool:
        return self.status in FINAL

    @property
    def left(self) -> Decimal:
        return self.size - self.filled

    @property
    def by_funds(self) -> bool:
        """A market buy sized in quote."""
        return self.terms.kind == "MARKET" and self.terms.quote_size is not None

    @property
    def average(self) -> Decimal:
        return over(self.value, self.filled) if self.filled else ZERO

    @property
    def hold_currency(self) -> str:
        return self.product.quote if self.side == "BUY" else self.product.base

    @property
    def waits(self) -> bool:
        """A stop whose trigger has not come."""
        return self.terms.kind in ("STOP_LIMIT", "BRACKET") and not self.triggered and not self.done

    @property
    def completion(self) -> Decimal:
        """Percent."""
        if self.by_funds:
            return Decimal(100) if self.status == Status.FILLED else ZERO
        return (self.filled / self.size * 100).quantize(Decimal("0.01")) if self.size else ZERO
