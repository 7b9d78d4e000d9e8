"""What the platform asks of an exchange, and the values that go to and fro. Implemented by adapters and by paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from engine.kinds import OrderKind, TimeInForce
from engine.orders.states import OrderState


class ExchangeError(Exception):
    """Base of what can go wrong; the message is fit for the order's owner."""


class Rejected(ExchangeError):
    """The exchange refused: the order does not exist there and never will; an edit or a preview was not made.

    ``reason`` is the exchange's own code, ``field`` names ours at fault (of NewOrder); '' when there is none.
    """

    def __init__(self, message: str, *, reason: str = "", field: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field


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
    time_in_force: TimeInForce = TimeInForce.GTC  # market orders are immediate whatever it says
    post_only: bool = False
    expires: datetime | None = None  # UTC, of a GTD
    send_by: datetime | None = None  # wall time; what has not been sent then is Unavailable


@dataclass(frozen=True)
class OrderReport:
    """An order as the exchange shows it now; quantities in base, prices in quote.

    ``client_order_id`` is None for an order that cannot be ours. What follows ``filled`` may be left out except by
    ``open_orders``; ``message`` says in words why the exchange ended an order.
    """

    client_order_id: UUID | None
    exchange_order_id: str
    state: OrderState
    filled: Decimal
    symbol: str = ""
    side: str = ""
    kind: OrderKind | None = None
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    created: datetime | None = None
    message: str = ""


@dataclass(frozen=True)
class FillReport:
    """A trade of the account. ``cursor`` never falls from fill to fill; ``position`` is the market event's or 0.

    ``client_order_id`` is None for an order that cannot be ours: then ``exchange_order_id`` names it.
    """

    cursor: int
    client_order_id: UUID | None
    trade_id: str
    position: int
    at: datetime
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_currency: str
    maker: bool
    reason: str
    exchange_order_id: str = ""
    symbol: str = ""
    side: str = ""
    bar: int = 0  # seconds of the bar that filled it on paper; 0 = a real trade
    correction: str = ""  # no trade: what the exchange calls this change of one ('reversal', 'correction', ...)


@dataclass(frozen=True)
class Preview:
    """What an order would cost if it were placed now, in quote; ``refusal`` in words, '' when it would be accepted."""

    fee: Decimal
    total: Decimal  # a buy pays it, a sale yields it, fees included
    slippage: Decimal | None  # ratio against the best price; None when the exchange does not say
    warnings: tuple[str, ...] = ()
    refusal: str = ""
    field: str = ""  # of NewOrder, at fault for the refusal


@dataclass(frozen=True)
class Balance:
    """Money of one currency; ``total`` counts what open orders hold."""

    total: Decimal
    available: Decimal


@dataclass(frozen=True)
class Fees:
    """The account's rates, ratios of the notional, and the exchange's name for its tier."""

    maker: Decimal
    taker: Decimal
    tier: str


class Exchange(Protocol):
    """One trading account at one exchange.

    Every call may raise Unavailable or Unknown; ``place``, ``edit`` and ``preview`` also Rejected.
    """

    not_found_is_final: bool  # True: what a look-up does not find after the lease never arrived

    def place(self, order: NewOrder) -> OrderReport:
        """Sends an order. The same client_order_id twice yields the first order again."""

    def native(self, symbol: str) -> frozenset[OrderKind]:
        """The kinds that the exchange holds itself for this product; plans emulate the others."""

    def preview(self, order: NewOrder) -> Preview:
        """What placing the order would cost; places nothing."""

    def edit(
        self,
        client_order_id: UUID,
        *,
        quantity: Decimal | None = None,
        limit_price: Decimal | None = None,
        stop_price: Decimal | None = None,
    ) -> OrderReport:
        """Changes an open order; what is None stays. ``quantity`` is the new total, filled part included."""

    def cancel(self, client_order_id: UUID) -> OrderReport | None:
        """Asks for a cancel and shows what became of the order; None when the exchange does not know it."""

    def cancel_many(self, client_order_ids: Sequence[UUID]) -> None:
        """Asks for the cancels of many at once; ``reports`` shows later what became of them."""

    def reports(self, client_order_ids: Sequence[UUID]) -> list[OrderReport]:
        """The orders that the exchange knows of those asked for."""

    def open_orders(self) -> list[OrderReport]:
        """Every order that works at the exchange, also those that nobody here placed."""

    def balances(self) -> dict[str, Balance]:
        """What the exchange holds for the account, by currency; empty where only our ledger knows (paper)."""

    def fees(self) -> Fees:
        """The account's rates now."""

    def fills_since(self, cursor: int) -> list[FillReport]:
        """Fills after the cursor, oldest first. Some of before it may come again: a trade has one ``trade_id``."""

    def catch_up(self) -> Mapping[str, int]:
        """Brings the exchange's answers up to each market's newest event; those events' positions by symbol.

        A product's position never falls. Products go at their own pace: one may lie far behind another.
        """
