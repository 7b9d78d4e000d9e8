"""All WebSockets: what they ask for, and what they are told of the exchange."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.auth import Unauthorized, verify
from sandbox.clock import SECOND
from sandbox.exchange import Exchange
from sandbox.faults import Switchboard
from sandbox.keys import KeyRing, user_id
from sandbox.market import Market
from sandbox.orders import Order
from sandbox.stream import frames
from sandbox.stream.asking import HEARTBEATS, MARKET_CHANNELS, USER_CHANNELS, Unheard, read_ask
from sandbox.stream.connection import POLICY, Connection, Shared
from sandbox.tape import Trade

BATCH_SECONDS = 5
MOST_MISSED = 90  # heartbeats made up for after a leap of the clock


class Hub:
    """``token_time``: seconds by which tokens are judged."""

    def __init__(self, exchange: Exchange, keys: KeyRing, faults: Switchboard, token_time: Callable[[], float]) -> None:
        self._exchange, self._keys, self._faults, self._token_time = exchange, keys, faults, token_time
        self.connections: list[Connection] = []
        self._orders: list[tuple[str, str, dict[str, Any]]] = []  # user, product, row
        self._fresh: dict[str, list[Trade]] = defaultdict(list)  # since the last frame of trades
        self._moved: set[str] = set()  # traded since the last pump
        self._candled: set[str] = set()
        self._batched: set[str] = set()
        now = exchange.clock.now()
        self._beat = self._traded = self._batch = now
        self._counter = 0
        exchange.listeners.order.append(self._on_order)
        exchange.listeners.trade.append(self._on_trade)

    async def serve(self, request: web.Request, *, user_only: bool) -> web.WebSocketResponse:
        """Keeps a connection until it ends."""
        socket = web.WebSocketResponse(max_msg_size=1 << 20)
        await socket.prepare(request)
        connection = Connection(
            socket, request.transport, self._exchange.clock, self._faults, self._exchange.settings, user_only=user_only
        )
        connection.address = request.remote or ""
        self.connections.append(connection)
        writer = asyncio.create_task(connection.write())
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self.pump()  # what happened before belongs to those who were here before
                    self._hear(connection, message.data)
        finally:
            self.connections.remove(connection)
            writer.cancel()
        return socket

    def close_all(self, code: int) -> None:
        for connection in self.connections:
            connection.close(code)

    def pump(self) -> None:
        """Tells everybody what has happened since the last time."""
        now = self._exchange.clock.now()
        for connection in self.connections:
            connection.catch_up()
        self._tell_orders()
        self._tell_status()
        self._tell_books(now)
        self._tell_tickers(now)
        if now - self._traded >= self._exchange.settings.trade_batch * SECOND:
            self._traded = now
            self._tell_trades()
        if now - self._batch >= BATCH_SECONDS * SECOND:
            self._batch = now
            self._each(self._batched, "ticker_batch", lambda market: frames.ticker(market, "update", now, quotes=False))
        if now - self._beat >= SECOND:
            self._each(self._candled, "candles", lambda market: frames.candles(market, "update", now))
            self._tell_beats(now)
        self._end_idle(now)

    def _on_order(self, order: Order) -> None:
        if any("user" in connection.channels for connection in self.connections):
            self._orders.append((order.user, order.product.book, frames.user_order(order)))

    def _on_trade(self, market: Market, trade: Trade) -> None:
        self._fresh[market.symbol].append(trade)
        for names in (self._moved, self._candled, self._batched):
            names.add(market.symbol)

    def _hear(self, connection: Connection, text: str) -> None:
        try:
            ask = read_ask(text, self._exchange.products, user_only=connection.user_only)
        except Unheard as wrong:
            return connection.error(str(wrong))
        if ask.channel in USER_CHANNELS and not self._sign_in(connection, ask.token):
            connection.error("authentication failure")
            return connection.close(POLICY)
        return self._change(connection, ask.kind, ask.channel, ask.products)

    def _change(self, connection: Connection, kind: str, channel: str, names: list[str]) -> None:
        connection.subscribed = True
        if kind == "subscribe":
            connection.channels.setdefault(channel, {}).update(dict.fromkeys(names))
            self._snapshot(connection, channel, names)
        else:
            for name in names:
                connection.channels.get(channel, {}).pop(name, None)
            if not names or not connection.channels.get(channel):
                connection.channels.pop(channel, None)
        connection.send("subscriptions", [{"subscriptions": self._shown(connection)}])

    def _shown(self, connection: Connection) -> dict[str, list[str]]:
        shown = {channel: sorted(products) for channel, products in connection.channels.items()}
        if HEARTBEATS in shown:
            shown[HEARTBEATS] = [HEARTBEATS]
        for channel in USER_CHANNELS:
            if channel in shown:
                shown[channel] = [user_id(connection.user)]
        return shown

    def _sign_in(self, connection: Connection, token: str) -> bool:
        try:
            key = verify(self._keys, token, self._token_time(), connection.address)
        except Unauthorized:
            return False
        connection.user = key.user
        return "view" in key.scopes

    def _snapshot(self, connection: Connection, channel: str, names: list[str]) -> None:
        now = self._exchange.clock.now()
        if channel == "status":
            return connection.send(channel, frames.status(self._exchange.products, names, "snapshot"))
        if channel == "user":
            orders = [
                order for order in self._exchange.desk.open(connection.user) if not names or order.product.book in names
            ]
            for events in frames.user_snapshot(orders):
                connection.send(channel, events)
        if channel == "futures_balance_summary":
            connection.send(channel, frames.no_futures())
        for name in names if channel in MARKET_CHANNELS else ():
            connection.send(_frame_name(channel), self._market_snapshot(channel, self._exchange.market(name), now))
        return None

    def _market_snapshot(self, channel: str, market: Market, now: int) -> list[dict[str, Any]]:
        if channel == "level2":
            return frames.book_snapshot(market, now)
        if channel == "market_trades":
            return frames.trades_snapshot(market)
        if channel == "candles":
            return frames.candles(market, "snapshot", now)
        return frames.ticker(market, "snapshot", now, quotes=channel == "ticker")

    def _tell_orders(self) -> None:
        for user, product, row in self._orders:
            for connection in self.connections:
                asked = connection.channels.get("user")
                if asked is not None and connection.user == user and (not asked or product in asked):
                    connection.send("user", frames.user_update(row))
        self._orders.clear()

    def _tell_status(self) -> None:
        products = self._exchange.products
        for symbol in sorted(products.touched):
            for connection in self._listening("status", products[symbol].book):
                connection.send("status", frames.status(products, [symbol], "update"))
        products.touched.clear()

    def _tell_books(self, now: int) -> None:
        for market in self._exchange.markets.values():
            if market.book.touched:
                touched = list(market.book.touched)
                market.book.touched.clear()
                listening = self._listening("level2", market.symbol)
                if listening:
                    events = Shared(frames.book_update(market, touched, now))
                    for connection in listening:
                        connection.send("l2_data", events)

    def _tell_trades(self) -> None:
        for symbol, fresh in self._fresh.items():
            if listening := self._listening("market_trades", symbol):
                events = Shared(frames.trades(self._exchange.market(symbol), "update", list(reversed(fresh))))
                for connection in listening:
                    connection.send("market_trades", events)
        self._fresh.clear()

    def _tell_tickers(self, now: int) -> None:
        self._each(self._moved, "ticker", lambda market: frames.ticker(market, "update", now, quotes=True))

    def _tell_beats(self, now: int) -> None:
        missed = min((now - self._beat) // SECOND, MOST_MISSED)
        self._beat = now - (now - self._beat) % SECOND
        for _ in range(missed):
            self._counter += 1
            events = Shared(frames.heartbeat(self._counter, now))
            for connection in self.connections:
                if HEARTBEATS in connection.channels:
                    connection.send(HEARTBEATS, events)

    def _each(self, symbols: set[str], channel: str, events: Callable[[Market], list[dict[str, Any]]]) -> None:
        for symbol in sorted(symbols):
            listening = self._listening(channel, symbol)
            if listening:
                content = Shared(events(self._exchange.market(symbol)))
                for connection in listening:
                    connection.send(_frame_name(channel), content)
        symbols.clear()

    def _listening(self, channel: str, symbol: str) -> list[Connection]:
        return [connection for connection in self.connections if connection.wants(channel, symbol)]

    def _end_idle(self, now: int) -> None:
        settings = self._exchange.settings
        for connection in list(self.connections):
            late = not connection.subscribed and now - connection.opened > settings.first_subscribe * SECOND
            quiet = HEARTBEATS not in connection.channels and now - connection.last_sent > settings.idle * SECOND
            if late or quiet:
                connection.close(1000)


def _frame_name(channel: str) -> str:
    return "l2_data" if channel == "level2" else channel
