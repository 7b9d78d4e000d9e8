"""Messages of the market WebSocket, from text to values."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from exchanges.coinbase.records import (
    Bar,
    BookChange,
    Heartbeat,
    Item,
    Level,
    Message,
    ProductStatus,
    Refusal,
    Subscriptions,
    Ticker,
    Trade,
)
from exchanges.coinbase.values import Malformed, exact, maybe, moment, rows, text, whole

Row = dict[str, Any]


def parse(frame: str | bytes) -> Message | Refusal:
    """Reads a frame. An unknown channel gives no items, only its place in the sequence.

    Raises Malformed when not even its place can be read; events that cannot be are left out and named in ``faults``.
    """
    try:
        row = json.loads(frame)
    except ValueError as error:
        raise Malformed(f"a frame must be JSON: {error}, was {frame[:80]!r}") from None
    if not isinstance(row, dict):
        raise Malformed(f"a frame must be an object, was {frame[:80]!r}")
    if row.get("type") == "error":
        return Refusal(str(row.get("message", "")))
    channel, events = text(row, "channel"), rows(row, "events")
    read = ITEMS.get(channel, _nothing)
    items: list[Item] = []
    faults = []
    for event in events:
        try:
            items += read(event)
        except Malformed as error:
            faults.append(f"{channel}: {error}")
    return Message(
        channel=channel, sequence=whole(row, "sequence_num"), time=moment(row, "timestamp"),
        snapshot=any(event.get("type") == "snapshot" for event in events), items=tuple(items),
        faults=tuple(faults),
    )  # fmt: skip


def trade(row: Row) -> Trade:
    """A trade as WebSocket and REST send it."""
    price, size = exact(row, "price"), exact(row, "size")
    if price <= 0 or size < 0:
        raise Malformed(f"a trade must have a price above 0 and no negative size, was {size} at {price}")
    return Trade(
        text(row, "product_id"), whole(row, "trade_id"), price, size, moment(row, "time"), text(row, "side")
    )  # fmt: skip


def bar(row: Row, symbol: str) -> Bar:
    """A candle as WebSocket and REST send it."""
    prices = [exact(row, name) for name in ("open", "high", "low", "close", "volume")]
    return Bar(symbol, whole(row, "start"), *prices)


def _trades(event: Row) -> Iterable[Item]:
    return (trade(row) for row in reversed(rows(event, "trades")))  # they come newest first


def _tickers(event: Row) -> Iterable[Item]:
    return (
        Ticker(
            text(row, "product_id"), price=maybe(row, "price"), volume_24h=maybe(row, "volume_24_h"),
            change_24h=maybe(row, "price_percent_chg_24_h"), bid=maybe(row, "best_bid"),
            bid_size=maybe(row, "best_bid_quantity"), ask=maybe(row, "best_ask"),
            ask_size=maybe(row, "best_ask_quantity"),
        )
        for row in rows(event, "tickers")
    )  # fmt: skip


def _book(event: Row) -> Iterable[Item]:
    sides: dict[str, list[Level]] = {"bid": [], "offer": []}
    for row in rows(event, "updates"):
        side = text(row, "side")
        if side not in sides:
            raise Malformed(f"side must be 'bid' or 'offer', was {side!r}")
        sides[side].append(Level(exact(row, "price_level"), exact(row, "new_quantity")))
    return [BookChange(text(event, "product_id"), tuple(sides["bid"]), tuple(sides["offer"]))]


def _bars(event: Row) -> Iterable[Item]:
    return (bar(row, text(row, "product_id")) for row in rows(event, "candles"))


def _heartbeat(event: Row) -> Iterable[Item]:
    return [Heartbeat(whole(event, "heartbeat_counter"))]


def _statuses(event: Row) -> Iterable[Item]:
    return (
        ProductStatus(text(row, "id"), str(row.get("status", "")), str(row.get("status_message", "")))
        for row in rows(event, "products")
    )


def _subscriptions(event: Row) -> Iterable[Item]:
    channels = event.get("subscriptions")
    if not isinstance(channels, dict):
        raise Malformed(f"subscriptions must be an object, was {channels!r}")
    return [Subscriptions({name: tuple(products) for name, products in channels.items()})]


def _nothing(event: Row) -> Iterable[Item]:
    return ()


ITEMS: dict[str, Callable[[Row], Iterable[Item]]] = {
    "market_trades": _trades,
    "ticker": _tickers,
    "ticker_batch": _tickers,
    "l2_data": _book,
    "candles": _bars,
    "heartbeats": _heartbeat,
    "status": _statuses,
    "subscriptions": _subscriptions,
}
