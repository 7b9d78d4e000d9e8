"""Coinbase behind the port: one portfolio, one key."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import wraps
from typing import Any, Concatenate
from uuid import UUID

from engine.kinds import OrderKind
from engine.orders.states import TERMINAL, OrderState
from exchanges.coinbase.refusals import reason_of, rejected, words_of
from exchanges.coinbase.trading import wallets
from exchanges.coinbase.trading.client import Client
from exchanges.coinbase.trading.facts import Facts
from exchanges.coinbase.trading.finding import Finding
from exchanges.coinbase.trading.pace import Urgency
from exchanges.coinbase.trading.previews import preview_of
from exchanges.coinbase.trading.terms import (
    LIMIT_ONLY,
    NATIVE,
    configuration,
    least_taken,
    most_paid,
    plain,
    refuse_closed,
)
from exchanges.coinbase.trading.traces import Traces
from exchanges.coinbase.trading.trades import Trades
from exchanges.coinbase.values import Malformed, rows
from exchanges.port import Balance, Fees, FillReport, NewOrder, OrderReport, Preview, Rejected, Unavailable, Unknown

logger = logging.getLogger(__name__)
CANCELS_AT_ONCE = 100
LOOKS = (0.0, 0.2, 0.5)  # seconds before each look at what became of a cancel
FRESH = 2.0  # seconds that the last price of a purchase at market may be old
ENDLESS = 2**62  # an exchange with a clock of its own is always where its market is


class Everywhere(Mapping[str, int]):
    """Positions of a live exchange: its answers are of now, whatever event we have seen last."""

    def __getitem__(self, symbol: str) -> int:
        return ENDLESS

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0

    def get(self, symbol: str, default: object = None) -> int:
        return ENDLESS


def _reading[**P, R](
    call: Callable[Concatenate["CoinbaseExchange", P], R],
) -> Callable[Concatenate["CoinbaseExchange", P], R]:
    """A reading whose answer makes no sense is one that was not answered."""

    @wraps(call)
    def read(self: "CoinbaseExchange", *args: P.args, **options: P.kwargs) -> R:
        try:
            return call(self, *args, **options)
        except (Malformed, Rejected) as error:
            raise Unavailable(str(error)) from error

    return read


class CoinbaseExchange:
    """``since``: when the account began here. Not for several threads at once."""

    not_found_is_final = False

    def __init__(
        self,
        client: Client,
        traces: Traces,
        facts: Facts,
        since: datetime,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._facts, self._sleep = client, facts, sleep
        self._finding = Finding(client, traces)
        self._trades = Trades(client, self._finding, traces, since)

    def native(self, symbol: str) -> frozenset[OrderKind]:
        return NATIVE

    def place(self, order: NewOrder) -> OrderReport:
        """One request; whatever goes wrong after it was sent is Unknown."""
        body = self._body(order) | {"client_order_id": str(order.client_order_id)}
        if order.send_by is not None and datetime.now(UTC) >= order.send_by:
            raise Unavailable("the order's turn came too late: others may think by now that it was sent")
        try:
            row = self._client.act("/orders", body, Urgency.ORDER)
        except Rejected:
            self._facts.forget(order.symbol)
            raise
        if row.get("success") is False:
            self._facts.forget(order.symbol)  # the product may be closed: the next try should know
            return self._refused(order, row)
        accepted = row.get("success_response")
        name = accepted.get("order_id") if isinstance(accepted, dict) else None
        if row.get("success") is not True or not isinstance(name, str) or not name:
            raise Unknown("POST /orders: the answer says neither yes nor no; whether the order exists is not known")
        return OrderReport(order.client_order_id, name, OrderState.OPEN, Decimal(0))

    @_reading
    def preview(self, order: NewOrder) -> Preview:
        try:
            body = self._body(order)
            return preview_of(self._client.ask("/orders/preview", body), order)
        except Rejected as refused:
            return Preview(fee=Decimal(0), total=Decimal(0), slippage=None, refusal=str(refused), field=refused.field)

    def edit(
        self,
        client_order_id: UUID,
        *,
        quantity: Decimal | None = None,
        limit_price: Decimal | None = None,
        stop_price: Decimal | None = None,
    ) -> OrderReport:
        """The exchange wants both price and size: what stays is read first."""
        old = self._shown(client_order_id)
        size, price = quantity or old.quantity, limit_price or old.limit_price
        if size is None or price is None or old.state != OrderState.OPEN:
            raise Rejected(f"order must be open and have a limit to be edited, was {old.state.value}")
        body = {"order_id": old.exchange_order_id, "size": plain(size), "price": plain(price)}
        if stop_price is not None:
            body["stop_price"] = plain(stop_price)
        row = self._client.act("/orders/edit", body, Urgency.ORDER)
        if row.get("success") is not True:
            errors = row.get("errors")
            if row.get("success") is False and isinstance(errors, list):
                raise rejected(errors[0] if errors and isinstance(errors[0], dict) else {}, _as_wanted(old, body))
            raise Unknown("POST /orders/edit: the answer says neither yes nor no")
        return self._shown(client_order_id)

    @_reading
    def cancel(self, client_order_id: UUID) -> OrderReport | None:
        """Asks for the cancel and looks a few times at what became of it: it takes effect later."""
        known = self._finding.one(client_order_id)
        if known is None or known.state in TERMINAL:
            return known
        self._ask_to_cancel([known.exchange_order_id])
        for pause in LOOKS:
            self._sleep(pause)
            found = self._finding.by_id([known.exchange_order_id])
            if found and found[0].state in TERMINAL:
                break
        return found[0] if found else known

    @_reading
    def cancel_many(self, client_order_ids: Sequence[UUID]) -> None:
        """Asks for all of them, a hundred a request; what becomes of them is read later."""
        names = self._finding.names(client_order_ids)
        for first in range(0, len(names), CANCELS_AT_ONCE):
            self._ask_to_cancel(names[first : first + CANCELS_AT_ONCE])

    @_reading
    def reports(self, client_order_ids: Sequence[UUID]) -> list[OrderReport]:
        return self._finding.reports(client_order_ids)

    @_reading
    def open_orders(self) -> list[OrderReport]:
        return self._finding.working()

    @_reading
    def balances(self) -> dict[str, Balance]:
        return wallets.balances(self._client)

    @_reading
    def fees(self) -> Fees:
        return self._facts.fees(self._client)

    @_reading
    def fills_since(self, cursor: int) -> list[FillReport]:
        return self._trades.since(cursor)

    def catch_up(self) -> Mapping[str, int]:
        return Everywhere()

    def _body(self, order: NewOrder) -> dict[str, Any]:
        """What create and preview are sent. Raises Rejected, or Unavailable while prices' step or rates are unknown."""
        bought = order.kind == OrderKind.MARKET and order.funds is not None
        quote = self._facts.quote(self._client, order.symbol, **({"within": FRESH} if bought else {}))
        if quote.flags:  # it may have been let go again
            quote = self._facts.quote(self._client, order.symbol, within=FRESH)
        refuse_closed(order, quote.flags)
        most = None
        if bought:
            most = most_paid(order, quote, self._facts.fees(self._client).taker)
        elif LIMIT_ONLY in quote.flags and order.side == "sell":
            most = least_taken(quote.price, quote.tick)
        terms = configuration(order, tick=quote.tick, most=most)
        return {"product_id": order.symbol, "side": order.side.upper(), "order_configuration": terms}

    def _refused(self, order: NewOrder, row: dict[str, Any]) -> OrderReport:
        """A refusal; of an id that was used before, the order that has it."""
        error = row.get("error_response")
        error = error if isinstance(error, dict) else {}
        if reason_of(error) != "DUPLICATE_CLIENT_ORDER_ID":
            raise rejected(error, order)
        try:
            known = self._finding.one(order.client_order_id)
        except (Malformed, Rejected, Unavailable) as failed:
            raise Unknown("an order with this id was placed before and cannot be read now") from failed
        if known is None:
            raise Unknown("an order with this id was placed before and is not found yet")
        return known

    def _shown(self, client_order_id: UUID) -> OrderReport:
        try:
            known = self._finding.one(client_order_id)
        except Malformed as error:
            raise Unavailable(str(error)) from error
        if known is None:
            raise Rejected("order must be one that the exchange knows, was unknown")
        return known

    def _ask_to_cancel(self, names: list[str]) -> None:
        """An empty list would hang the exchange."""
        if not names:
            return
        row = self._client.act("/orders/batch_cancel", {"order_ids": names}, Urgency.CANCEL)
        for result in rows(row, "results"):
            if result.get("success") is not True:
                reason = str(result.get("failure_reason") or "")
                logger.info("cancel of %s: %s", result.get("order_id"), words_of(reason))


def _as_wanted(old: OrderReport, body: Mapping[str, str]) -> NewOrder:
    """For the words of a refused edit: what was wanted."""
    return NewOrder(
        client_order_id=old.client_order_id or UUID(int=0), symbol=old.symbol, side=old.side,
        kind=old.kind or OrderKind.LIMIT, quantity=Decimal(body["size"]), limit_price=Decimal(body["price"]),
        stop_price=Decimal(body["stop_price"]) if "stop_price" in body else old.stop_price,
    )  # fmt: skip
