"""Orders and fills as the exchange shows them, read into the port's values."""

import logging
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

from engine.kinds import OrderKind
from engine.orders.states import OrderState
from exchanges.coinbase.refusals import words_of
from exchanges.coinbase.trading.terms import read_kind, read_terms
from exchanges.coinbase.trading.traces import Trace
from exchanges.coinbase.values import Malformed, exact, maybe, moment, text
from exchanges.port import FillReport, OrderReport

logger = logging.getLogger(__name__)
Row = Mapping[str, Any]
LEAST = Decimal("1e-18")  # the last decimal that is kept of money
STATES = {
    "PENDING": OrderState.OPEN, "QUEUED": OrderState.OPEN, "OPEN": OrderState.OPEN, "CANCEL_QUEUED": OrderState.OPEN,
    "EDIT_QUEUED": OrderState.OPEN, "FILLED": OrderState.FILLED, "CANCELLED": OrderState.CANCELLED,
    "EXPIRED": OrderState.EXPIRED, "FAILED": OrderState.REJECTED,
}  # fmt: skip
TRADE = "FILL"
NO_REASON = ("", "REJECT_REASON_UNSPECIFIED")


def order_report(row: Row) -> OrderReport:
    """Raises Malformed for a row that cannot be read, an unknown status among it."""
    status = text(row, "status")
    if status not in STATES:
        raise Malformed(f"status must be one of {', '.join(STATES)}, was {status!r}")
    terms = read_terms(row)
    return OrderReport(
        client_order_id=_uuid(row.get("client_order_id")), exchange_order_id=text(row, "order_id"),
        state=STATES[status], filled=maybe(row, "filled_size") or Decimal(0), symbol=text(row, "product_id"),
        side=text(row, "side").lower(), kind=read_kind(row), quantity=terms.quantity, limit_price=terms.limit_price,
        stop_price=terms.stop_price, created=moment(row, "created_time"), message=_message(row),
    )  # fmt: skip


def readable(rows: list[dict[str, Any]]) -> list[OrderReport]:
    """Their reports; a row that cannot be read is left out and logged, for the others matter too."""
    found = []
    for row in rows:
        try:
            found.append(order_report(row))
        except Malformed as error:
            logger.error("order %s cannot be read: %s", row.get("order_id"), error)
    return found


def fill_report(row: Row, trace: Trace | None, owner: UUID | None) -> FillReport:
    """``trace``: what is known here of its order; ``owner``: the client_order_id that the exchange shows of it."""
    price, size = exact(row, "price"), exact(row, "size")
    if row.get("size_in_quote") is True:
        size = (size / price).quantize(LEAST, ROUND_HALF_EVEN)
    symbol = trace.symbol if trace else text(row, "product_id")
    return FillReport(
        cursor=cursor_of(moment(row, "sequence_timestamp")),
        client_order_id=trace.client_order_id if trace else owner,
        trade_id=str(row.get("entry_id") or text(row, "trade_id")), position=0, at=moment(row, "trade_time"),
        price=price, quantity=size, fee=(maybe(row, "commission") or Decimal(0)).quantize(LEAST, ROUND_HALF_EVEN),
        fee_currency=symbol.rpartition("-")[2], maker=row.get("liquidity_indicator") == "MAKER",
        reason=_reason(trace, price), exchange_order_id=text(row, "order_id"), symbol=symbol,
        side=text(row, "side").lower(), correction=_correction(row),
    )  # fmt: skip


def _correction(row: Row) -> str:
    """What a row is that is no trade; '' for one."""
    kind = str(row.get("trade_type") or TRADE)
    return "" if kind == TRADE else kind.lower()


def cursor_of(at: datetime) -> int:
    """Microseconds of a fill's sequence time."""
    return int(at.timestamp()) * 1_000_000 + at.microsecond


def _reason(trace: Trace | None, price: Decimal) -> str:
    """What filled it: of a bracket, the price says which of its two."""
    if trace is None:
        return ""
    if trace.kind == OrderKind.BRACKET:
        return "target" if trace.limit_price is not None and price >= trace.limit_price else "stop"
    names = {OrderKind.MARKET: "market", OrderKind.LIMIT: "limit"}
    return names.get(trace.kind, "stop")


def _message(row: Row) -> str:
    reason = str(row.get("reject_reason") or "")
    if reason not in NO_REASON:
        return words_of(reason)
    return str(row.get("reject_message") or row.get("cancel_message") or "")


def _uuid(value: object) -> UUID | None:
    """None for an id that cannot be one of ours."""
    try:
        return UUID(str(value))
    except ValueError:
        return None
