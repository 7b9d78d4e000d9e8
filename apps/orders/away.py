"""An exchange that cannot be reached: whatever it is asked, nothing was sent."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NoReturn
from uuid import UUID

from engine.kinds import OrderKind
from exchanges.coinbase.trading.terms import NATIVE
from exchanges.port import Balance, Fees, FillReport, NewOrder, OrderReport, Preview, Unavailable


class Away:
    not_found_is_final = False

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def place(self, order: NewOrder) -> OrderReport:
        self._refuse()

    def native(self, symbol: str) -> frozenset[OrderKind]:
        return NATIVE  # with or without a connection to it

    def preview(self, order: NewOrder) -> Preview:
        self._refuse()

    def edit(
        self,
        client_order_id: UUID,
        *,
        quantity: Decimal | None = None,
        limit_price: Decimal | None = None,
        stop_price: Decimal | None = None,
    ) -> OrderReport:
        self._refuse()

    def cancel(self, client_order_id: UUID) -> OrderReport | None:
        self._refuse()

    def cancel_many(self, client_order_ids: Sequence[UUID]) -> None:
        self._refuse()

    def reports(self, client_order_ids: Sequence[UUID]) -> list[OrderReport]:
        self._refuse()

    def open_orders(self) -> list[OrderReport]:
        self._refuse()

    def balances(self) -> dict[str, Balance]:
        self._refuse()

    def fees(self) -> Fees:
        self._refuse()

    def fills_since(self, cursor: int) -> list[FillReport]:
        self._refuse()

    def catch_up(self) -> Mapping[str, int]:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise Unavailable(self._reason)
