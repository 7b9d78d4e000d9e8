"""The stand-in's market WebSocket, with a switchboard of faults."""

import contextlib
import json
import socket as sockets
import threading
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from tradingsite.testing.coinbase.tape import Happened, Tape, stamp

Row = dict[str, Any]


class Client:
    """A connection: its subscriptions and its place in the sequence."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.channels: dict[str, list[str]] = {}
        self.sequence = 0
        self.kept: str | None = None  # held back by 'reorder'
        self.lock = threading.RLock()


class Socket:
    """Faults: ``silent`` sends nothing while it is set; ``skip``, ``duplicate`` and ``reorder`` work on so many of the
    next messages; ``refuse`` turns new connections away, ``forget`` leaves out so
    many snapshots. ``playback``: who connects gets these frames as they were
    recorded, and nothing else."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.clients: list[Client] = []
        self.requests: list[Row] = []
        self.silent = self.refuse = False
        self.playback: list[str] = []
        self.skip = self.duplicate = self.reorder = self.forget = 0
        self.connections = 0
        self._beats = 0
        self._server: Server = serve(self._serve, "127.0.0.1", 0, close_timeout=0.2)

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self.drop()

    def drop(self) -> None:
        """Cuts every connection without a word, as a lost network does."""
        for client in list(self.clients):
            with contextlib.suppress(OSError):
                client.connection.socket.shutdown(sockets.SHUT_RDWR)

    def close(self, code: int = 1001) -> None:
        """Ends every connection politely, as at a deployment."""
        for client in list(self.clients):
            client.connection.close(code)

    def subscribed(self, channel: str) -> set[str]:
        return {symbol for client in list(self.clients) for symbol in client.channels.get(channel, ())}

    def heartbeat(self) -> None:
        self._beats += 1
        for client in list(self.clients):
            if "heartbeats" in client.channels:
                self._tell(client, "heartbeats", [{"current_time": "", "heartbeat_counter": self._beats}])

    def tell_trades(self, trades: list[Happened]) -> None:
        """Tells of trades, oldest first given and newest first sent."""
        for client in list(self.clients):
            symbols = client.channels.get("market_trades", ())
            wanted = [each.row() for each in reversed(trades) if each.symbol in symbols]
            if wanted:
                self._tell(client, "market_trades", [{"type": "update", "trades": wanted}])

    def tell_ticker(self, symbol: str, price: str, bid: str, ask: str) -> None:
        row = {"type": "ticker", "product_id": symbol, "price": price, "best_bid": bid, "best_ask": ask}
        for client in list(self.clients):
            if symbol in client.channels.get("ticker", ()):
                self._tell(client, "ticker", [{"type": "update", "tickers": [row]}])

    def tell_book(self, symbol: str, levels: list[tuple[str, str, str]], *, kind: str = "update") -> None:
        """Side ('bid' or 'offer'), price and size of each level."""
        updates = [{"side": side, "price_level": at, "new_quantity": size} for side, at, size in levels]
        for client in list(self.clients):
            if symbol in client.channels.get("level2", ()):
                self._tell(client, "l2_data", [{"type": kind, "product_id": symbol, "updates": updates}])

    def _serve(self, connection: ServerConnection) -> None:
        if self.refuse:
            return
        self.connections += 1
        for frame in self.playback:
            connection.send(frame)
        client = Client(connection)
        self.clients.append(client)
        try:
            for text in connection:
                self._request(client, json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            self.clients.remove(client)

    def _request(self, client: Client, row: Row) -> None:
        self.requests.append(row)
        if self.playback:
            return
        channel, symbols = row["channel"], row.get("product_ids", [])
        unknown = [symbol for symbol in symbols if symbol not in self.tape.products]
        if unknown:
            client.connection.send(json.dumps({"type": "error", "message": f"{unknown[0]} is not a valid product"}))
            return
        known = client.channels.get(channel, [])
        with client.lock:
            if row["type"] == "subscribe":
                client.channels[channel] = sorted({*known, *symbols})
                if channel == "market_trades":
                    self._snapshots(client, symbols)
            else:
                client.channels[channel] = [symbol for symbol in known if symbol not in symbols]
            self._tell(client, "subscriptions", [{"subscriptions": {k: v for k, v in client.channels.items() if v}}])

    def _snapshots(self, client: Client, symbols: list[str]) -> None:
        for symbol in symbols:
            if self.forget:
                self.forget -= 1
                continue
            rows = [trade.row() for trade in self.tape.last(symbol)]
            self._tell(client, "market_trades", [{"type": "snapshot", "trades": rows}])

    def _tell(self, client: Client, channel: str, events: list[Row]) -> None:
        with client.lock:
            row = {"channel": channel, "timestamp": stamp(self.tape.now()), "sequence_num": client.sequence}
            client.sequence += 1
            if self.silent:
                return
            if self.skip:
                self.skip -= 1
                return
            for frame in self._arranged(client, json.dumps({**row, "events": events})):
                with contextlib.suppress(ConnectionClosed, OSError):
                    client.connection.send(frame)

    def _arranged(self, client: Client, frame: str) -> list[str]:
        """The frame with what reordering and doubling make of it."""
        if client.kept is not None:
            frames, client.kept = [frame, client.kept], None
            return frames
        if self.reorder:
            self.reorder -= 1
            client.kept = frame
            return []
        if self.duplicate:
            self.duplicate -= 1
            return [frame, frame]
        return [frame]
