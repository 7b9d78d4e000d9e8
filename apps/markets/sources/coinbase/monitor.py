"""How the connection is doing, for operators and pages."""

import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apps.markets.condition import Condition
from apps.markets.sources.coinbase.tape import Tape
from exchanges.coinbase.records import Message, Refusal, Ticker
from exchanges.coinbase.socket import Counts, Happening, Lost, Opened

WINDOW = 10.0  # seconds over which the rate is taken
QUIET = 3.0  # seconds without a message after which nothing is known to be whole; heartbeats come every second


class Monitor:
    def __init__(self, counts: Counts) -> None:
        self.trouble = ""
        self.tickers: dict[str, Ticker] = {}
        self._counts = counts
        self._connected = False
        self._since: datetime | None = None
        self._heard: datetime | None = None
        self._lag: float | None = None
        self._seen = deque([(time.monotonic(), 0)])

    def hear(self, happening: Happening) -> None:
        match happening:
            case Opened():
                self._connected, self._since = True, datetime.now(UTC)
            case Lost(reason):
                if self._connected:
                    self._since = datetime.now(UTC)
                self._connected, self.trouble = False, reason
            case Refusal(text):
                self.trouble = text
            case Message():
                self._heard = datetime.now(UTC)
                self._lag = (self._heard - happening.time).total_seconds()

    def condition(self, tapes: Mapping[str, Tape]) -> Condition:
        now = datetime.now(UTC)
        alive = self._connected and self._heard is not None and (now - self._heard).total_seconds() < QUIET
        return Condition(
            connected=self._connected, since=self._since, heard=self._heard, connections=self._counts.connections,
            gaps=self._counts.gaps, unreadable=self._counts.unreadable, rate=self._rate(), lag=self._lag,
            trouble=self.trouble, products={symbol: self._product(symbol, tape) for symbol, tape in tapes.items()},
            whole=[symbol for symbol, tape in tapes.items() if alive and tape.synced],
        )  # fmt: skip

    def _rate(self) -> float:
        now = time.monotonic()
        self._seen.append((now, self._counts.messages))
        while now - self._seen[0][0] > WINDOW:
            self._seen.popleft()
        since, messages = self._seen[0]
        return (self._counts.messages - messages) / (now - since) if now > since else 0.0

    def _product(self, symbol: str, tape: Tape) -> dict[str, Any]:
        ticker = self.tickers.get(symbol)
        top = {
            name: None if ticker is None or value is None else f"{value:f}"
            for name, value in (("bid", ticker and ticker.bid), ("ask", ticker and ticker.ask))
        }
        return {"price": tape.price, "traded": tape.traded, "whole": tape.synced, **top}
