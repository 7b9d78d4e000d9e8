"""Writes down what changes, when it is told to: before anybody hears of it."""

import json
from typing import Any

from sandbox.clock import VirtualClock
from sandbox.market import Market
from sandbox.orders import Order
from sandbox.state.store import Store
from sandbox.tape import Trade
from sandbox.venue import Venue

ORDER_FIELDS = (
    "number", "order_id", "client_order_id", "user", "side", "configuration", "created", "maker_rate", "taker_rate",
    "size", "limit", "stop", "filled", "value", "fees", "hold", "triggered", "cancel_message", "reject_reason",
    "last_fill", "updated", "pending_cancel", "parent", "child", "attached", "preview_id", "rested",
)  # fmt: skip


class Keeper:
    """Begins when what was kept before has been recalled."""

    def __init__(self, venue: Venue, store: Store) -> None:
        self._venue, self._store = venue, store
        exchange = venue.exchange
        self._postings, self._fills = len(exchange.ledger.journal), len(exchange.execution.fills)
        self._orders: dict[str, Order] = {}
        self._trades: list[tuple[Market, Trade]] = []
        self._signs: dict[tuple[str, str], object] = {}
        exchange.ledger.touched.clear()
        exchange.listeners.order.append(self._on_order)
        exchange.listeners.trade.append(self._on_trade)

    def keep(self) -> None:
        """Commits all that has changed since the last time."""
        self._keep_orders()
        self._keep_money()
        self._keep_trades()
        self._keep_rest()
        self._store.commit()

    def _on_order(self, order: Order) -> None:
        self._orders[order.order_id] = order

    def _on_trade(self, market: Market, trade: Trade) -> None:
        self._trades.append((market, trade))

    def _keep_orders(self) -> None:
        for order in self._orders.values():
            row = {name: getattr(order, name) for name in ORDER_FIELDS}
            row |= {"symbol": order.product.symbol, "status": order.status.value}
            self._store.put("order", order.number, row | {"edits": [_row(edit) for edit in order.edits]})
        self._orders.clear()
        fills = self._venue.exchange.execution.fills
        for fill in fills[self._fills :]:
            self._store.put("fill", fill.sequence, _row(fill))
        self._fills = len(fills)

    def _keep_money(self) -> None:
        ledger = self._venue.exchange.ledger
        for number, posting in enumerate(ledger.journal[self._postings :], self._postings):
            self._store.put("posting", number, _row(posting))
        self._postings = len(ledger.journal)
        for user, currency in ledger.touched:
            wallet = ledger.wallet(user, currency)
            row = {"user": user, "currency": currency, "created": wallet.created, "updated": wallet.updated}
            self._store.put("wallet", f"{user} {currency}", row)
        ledger.touched.clear()

    def _keep_trades(self) -> None:
        for market, trade in self._trades:
            self._store.put("trade", f"{market.symbol} {trade.trade_id:012d}", _row(trade))
            bar = market.tape.minute(trade.moment)
            self._store.put("minute", f"{market.symbol} {bar.start}", {"symbol": market.symbol, **_row(bar)})
        self._trades.clear()

    def _keep_rest(self) -> None:
        """What changes seldom, and by many hands."""
        venue = self._venue
        for symbol, market in venue.exchange.markets.items():
            if self._is_new("market", symbol, market.pinned):
                row = {"symbol": symbol, "opened": market.tape.began, "pinned": market.pinned}
                self._store.put("market", symbol, row)
        for key in venue.keys:
            if self._is_new("key", key.name, (key.user, sorted(key.scopes), key.revoked, key.addresses)):
                self._store.put("key", key.name, key.as_row())
        rest = {"portfolios": venue.portfolios, "conversions": venue.conversions}
        if self._is_new("venue", "", json.dumps(rest)):
            self._store.put("venue", "", rest)
        clock = venue.exchange.clock
        if isinstance(clock, VirtualClock) and self._is_new("clock", "", clock.now()):
            self._store.put("clock", "", {"now": clock.now()})

    def _is_new(self, kind: str, key: str, sign: object) -> bool:
        """Whether ``sign``, by which a row is told from its earlier selves, is another than the last time."""
        known = (kind, key) in self._signs and self._signs[kind, key] == sign
        self._signs[kind, key] = sign
        return not known


def _row(value: Any) -> dict[str, Any]:
    """The fields of a dataclass with slots. dataclasses.asdict would copy every amount: as long as all the rest."""
    return {name: getattr(value, name) for name in value.__slots__}
