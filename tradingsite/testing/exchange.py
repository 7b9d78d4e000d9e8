"""An exchange that does what the test says, behind the port."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from engine.kinds import OrderKind
from engine.orders.states import OrderState
from exchanges.port import Balance, ExchangeError, Fees, FillReport, NewOrder, OrderReport, Preview

AT = datetime(2020, 2, 10, tzinfo=UTC)


class ScriptedExchange:
    """Keeps what it was sent and accepts it, unless told what to answer; fills when told to."""

    not_found_is_final = False

    def __init__(self) -> None:
        self.sent: list[NewOrder] = []
        self.cancels: list[UUID] = []
        self.lookups = 0
        self.positions = {"BTC-USD": 10**18}  # how far its answers go
        self.orders: dict[UUID, OrderReport] = {}
        self.fills: list[FillReport] = []
        self.edits: list[tuple[UUID, Decimal | None, Decimal | None, Decimal | None]] = []
        self.kinds = frozenset(OrderKind)  # what it holds itself
        self.owned: dict[str, Balance] = {}
        self.costs = Preview(fee=Decimal(0), total=Decimal(0), slippage=None)
        self.refusal: ExchangeError | None = None  # of the next edit
        self.failure: ExchangeError | None = None  # raised by every call but place
        self._answers: list[tuple[ExchangeError, bool]] = []

    def will_answer(self, error: ExchangeError, *, arrives: bool = False) -> None:
        """The next order sent gets this answer; ``arrives``: it is in the book nevertheless."""
        self._answers.append((error, arrives))

    def place(self, order: NewOrder) -> OrderReport:
        self.sent.append(order)
        error, arrives = self._answers.pop(0) if self._answers else (None, True)
        if arrives and order.client_order_id not in self.orders:
            self.show(order.client_order_id, OrderState.OPEN)
        if error:
            raise error
        return self.orders[order.client_order_id]

    def native(self, symbol: str) -> frozenset[OrderKind]:
        return self.kinds

    def preview(self, order: NewOrder) -> Preview:
        self._fail()
        return self.costs

    def edit(
        self,
        client_order_id: UUID,
        *,
        quantity: Decimal | None = None,
        limit_price: Decimal | None = None,
        stop_price: Decimal | None = None,
    ) -> OrderReport:
        """Keeps what it was asked and changes nothing, unless it was told to refuse."""
        self.edits.append((client_order_id, quantity, limit_price, stop_price))
        self._fail()
        if self.refusal:
            refusal, self.refusal = self.refusal, None
            raise refusal
        return self.orders[client_order_id]

    def cancel(self, client_order_id: UUID) -> OrderReport | None:
        self.cancels.append(client_order_id)
        self._fail()
        known = self.orders.get(client_order_id)
        if known and known.state == OrderState.OPEN:
            self.show(client_order_id, OrderState.CANCELLED, known.filled)
        return self.orders.get(client_order_id)

    def cancel_many(self, client_order_ids: Sequence[UUID]) -> None:
        for client_order_id in client_order_ids:
            self.cancel(client_order_id)

    def reports(self, client_order_ids: Sequence[UUID]) -> list[OrderReport]:
        self.lookups += 1
        self._fail()
        return [self.orders[key] for key in client_order_ids if key in self.orders]

    def open_orders(self) -> list[OrderReport]:
        self._fail()
        return [report for report in self.orders.values() if report.state == OrderState.OPEN]

    def balances(self) -> dict[str, Balance]:
        self._fail()
        return self.owned

    def fees(self) -> Fees:
        self._fail()
        return Fees(maker=Decimal("0.006"), taker=Decimal("0.006"), tier="scripted")

    def fills_since(self, cursor: int) -> list[FillReport]:
        self._fail()
        return self.fills[cursor:]

    def catch_up(self) -> Mapping[str, int]:
        self._fail()
        return self.positions

    def show(self, client_order_id: UUID, state: OrderState, filled: Decimal = Decimal(0)) -> None:
        """What the exchange says of an order from now on."""
        self.orders[client_order_id] = OrderReport(client_order_id, f"x-{client_order_id}", state, filled)

    def fill(
        self, client_order_id: UUID, quantity: str, price: str, *, state: OrderState | None = None, fee: str = "0"
    ) -> FillReport:
        """Trades for an order; it is FILLED when ``state`` says so, else it stays what it was."""
        known = self.orders[client_order_id]
        self.show(client_order_id, state or known.state, known.filled + Decimal(quantity))
        number = len(self.fills) + 1
        report = FillReport(
            cursor=number, client_order_id=client_order_id, trade_id=f"t{number}", position=0, at=AT,
            price=Decimal(price), quantity=Decimal(quantity), fee=Decimal(fee), fee_currency="USD", maker=False,
            reason="market",
        )  # fmt: skip
        self.fills.append(report)
        return report

    def _fail(self) -> None:
        if self.failure:
            raise self.failure
