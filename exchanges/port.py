"""What the platform asks of an exchange, and the values that go to and fro. Implemented by adapters and by paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from engine.kinds import OrderKind
from engine.orders.states import OrderState


class ExchangeError(Exception):
    """Base of what can go wrong; the message is fit for the order's owner."""


class Rejected(ExchangeError):
    """The exchange refused: the order does not exist there and never will."""


class Unavailable(ExchangeError):
    """The request surely never reached the exchange; it may be sent again."""


class Unknown(ExchangeError):
    """Perhaps it arrived. Look the order up; never send it again blindly."""


@dataclass(frozen=True)
class NewOrder:
    """Quantities in base, prices and funds in quote, all snapped to the product's increments."""

    client_order_id: UUID
    symbol: str
    side: str  # 'buy' or 'sell'
    kind: OrderKind
    quantity: Decimal
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    funds: Decimal | None = None  # a buy never costs more, fees included


@dataclass(frozen=True)
class OrderReport:
    """An order as the exchange shows it now; ``filled`` in base."""

    client_order_id: UUID
    exchange_order_id: str
    state: OrderState
    filled: Decimal


@dataclass(frozen=True)
class FillReport:
    """A trade of ours. ``cursor`` rises with every fill of the account; ``position`` is the market event's or 0."""

    cursor: int
    client_order_id: UUID
    trade_id: str
    position: int
    at: datetime
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_currency: str
    maker: bool
    reason: str


class Exchange(Protocol):
    """One trading account at one exchange. Every call may raise Unavailable or Unknown, ``place`` also Rejected."""

    not_found_is_final: bool  # True: what a look-up does not find after the lease never arrived

    def place(self, order: NewOrder) -> OrderReport:
        """Sends an order. The same client_order_id twice yields the first order again."""

    def cancel(self, client_order_id: UUID) -> OrderReport | None:
        """Asks for a cancel and shows what became of the order; None when the exchange does not know it."""

    def reports(self, client_order_ids: Sequence[UUID]) -> list[OrderReport]:
        """The orders that the exchange knows of those asked for."""

    def fills_since(self, cursor: int) -> list[FillReport]:
        """Fills after the cursor, oldest first."""

    def catch_up(self) -> Mapping[str, int]:
        """Brings the exchange's answers up to each market's newest event; those events' positions by symbol.

        A product's position never falls. Products go at their own pace: one may lie far behind another.
        """
