"""Takes up where an earlier run ended: money, orders with their places in the queue, trades, keys."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sandbox.accounts import Posting
from sandbox.exchange import Exchange
from sandbox.orders import Edit, Fill, Order, Status
from sandbox.state.keeper import ORDER_FIELDS, Keeper
from sandbox.state.store import Row, Store
from sandbox.tape import KEPT, Bar, Trade
from sandbox.terms import read_terms
from sandbox.venue import Venue

AMOUNTS = frozenset({
    "maker_rate", "taker_rate", "size", "limit", "stop", "filled", "value", "fees", "hold", "price", "fee", "amount",
    "open", "high", "low", "close", "volume", "pinned",
})  # fmt: skip


def begin(store: Store, now: int, seed: int) -> tuple[int, int]:
    """When the market of this state began, and when it goes on by a virtual clock: both ``now`` for a new one.

    Raises ValueError when it was begun with another seed: every price would be another.
    """
    known = store.row("exchange")
    if known and known["seed"] != seed:
        raise ValueError(f"seed must be {known['seed']}, with which the state was begun, was {seed}")
    if not known:
        known = {"began": now, "seed": seed}
        store.put("exchange", "", known)
        store.commit()
    return int(known["began"]), int(store.row("clock").get("now", now))


def remember(venue: Venue, store: Store) -> None:
    """Recalls what the store has into a venue that is new, and keeps there what happens from now on.

    Raises ValueError when an order's product is not listed any more.
    """
    exchange = venue.exchange
    _recall_money(exchange, store)
    orders = _recall_orders(exchange, store)
    _recall_markets(exchange, store)
    for row in store.rows("key"):
        venue.keys.recall(row)
    rest = store.row("venue")
    venue.portfolios, venue.conversions = rest.get("portfolios", {}), rest.get("conversions", {})
    _resume(exchange, orders)
    venue.keep = Keeper(venue, store).keep


def _recall_money(exchange: Exchange, store: Store) -> None:
    for row in store.rows("wallet"):
        exchange.ledger.recall_wallet(**row)
    for row in store.rows("posting"):
        exchange.ledger.recall(Posting(**_read(row)))


def _recall_orders(exchange: Exchange, store: Store) -> list[Order]:
    orders = [_order(exchange, row) for row in store.rows("order")]
    by_id = {order.order_id: order for order in orders}
    for order in orders:
        exchange.desk.add(order)
        exchange.ledger.hold(order.user, order.hold_currency, order.hold)
    for row in store.rows("fill"):
        fill = Fill(**_read(row))
        exchange.execution.recall(fill, by_id[fill.order_id])
    return orders


def _order(exchange: Exchange, row: Row) -> Order:
    symbol = row["symbol"]
    product = exchange.products.get(symbol)
    if product is None:
        raise ValueError(f"products must list {symbol}, in which there is an order, but do not")
    values = _read({name: row[name] for name in ORDER_FIELDS})
    edits = [Edit(**_read(edit)) for edit in row["edits"]]
    terms = read_terms(row["configuration"])
    return Order(**values, product=product, terms=terms, status=Status(row["status"]), edits=edits)


def _recall_markets(exchange: Exchange, store: Store) -> None:
    trades, minutes = _by_symbol(store.rows("trade")), _by_symbol(store.rows("minute"))
    for row in store.rows("market"):
        symbol = row["symbol"]
        if exchange.products.get(symbol) is None:
            continue
        market = exchange.market(symbol)
        newest = [Trade(**each) for each in trades.get(symbol, [])[-KEPT:]]
        market.tape.recall(row["opened"], newest, [_bar(each) for each in minutes.get(symbol, [])])
        market.pinned = _read(row)["pinned"]
        if newest:
            store.drop("trade", f"{symbol} {newest[0].trade_id:012d}", f"{symbol} ")


def _bar(row: dict[str, Any]) -> Bar:
    return Bar(row["start"], row["open"], row["high"], row["low"], row["close"], row["volume"])


def _by_symbol(rows: Iterable[Row]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["symbol"], []).append(_read(row))
    return found


def _resume(exchange: Exchange, orders: list[Order]) -> None:
    """Own orders first, then the crowd, which never crosses what others rest."""
    waiting = sorted((order for order in orders if not order.done), key=lambda order: (order.rested, order.number))
    markets = {order.order_id: exchange.market(order.product.book) for order in waiting}
    for market in exchange.markets.values():
        market.crowd.withdraw(market.book)
    for order in waiting:
        exchange.placing.resume(order, markets[order.order_id])
        if order.pending_cancel:
            exchange.changing.schedule(order, 0)
    for market in exchange.markets.values():
        market.requote()


def _read(row: Row) -> dict[str, Any]:
    """Amounts are text in a row."""
    return {name: Decimal(value) if name in AMOUNTS and value is not None else value for name, value in row.items()}
