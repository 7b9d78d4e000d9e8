"""What is known here of orders that were placed: the exchange finds an order only by its own id, or by when and where
it was placed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from engine.kinds import OrderKind


@dataclass(frozen=True)
class Trace:
    client_order_id: UUID
    symbol: str
    kind: OrderKind
    since: datetime  # it was sent then or later
    exchange_order_id: str = ""  # '' while the exchange has not told
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None


class Traces(Protocol):
    def of(self, client_order_ids: Iterable[UUID]) -> Mapping[UUID, Trace]:
        """Those of our orders."""

    def named(self, exchange_order_ids: Iterable[str]) -> Mapping[str, Trace]:
        """Those whose id at the exchange is known here."""


class Remembered:
    """Traces of one process, for whoever has no database."""

    def __init__(self) -> None:
        self._traces: dict[UUID, Trace] = {}

    def add(self, trace: Trace) -> None:
        self._traces[trace.client_order_id] = trace

    def name(self, client_order_id: UUID, exchange_order_id: str) -> None:
        self._traces[client_order_id] = replace(self._traces[client_order_id], exchange_order_id=exchange_order_id)

    def of(self, client_order_ids: Iterable[UUID]) -> Mapping[UUID, Trace]:
        return {key: self._traces[key] for key in client_order_ids if key in self._traces}

    def named(self, exchange_order_ids: Iterable[str]) -> Mapping[str, Trace]:
        wanted = set(exchange_order_ids)
        return {each.exchange_order_id: each for each in self._traces.values() if each.exchange_order_id in wanted}
