"""The market of the stand-in: its clock, its products, every trade, and the candles they make."""

import threading
import time as wall
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
FIRST_ID = 1_000_000
MINUTE = 60


@dataclass(frozen=True)
class Happened:
    symbol: str
    number: int
    price: Decimal
    size: Decimal
    time: float

    def row(self) -> Row:
        return {
            "trade_id": str(self.number), "product_id": self.symbol, "price": f"{self.price:f}",
            "size": f"{self.size:f}", "time": stamp(self.time), "side": "SELL",
        }  # fmt: skip


class Tape:
    def __init__(self, *symbols: str, time: float | None = None) -> None:
        self.lock = threading.RLock()
        self.products: dict[str, Row] = {symbol: product_row(symbol) for symbol in symbols}
        self.trades: dict[str, list[Happened]] = {symbol: [] for symbol in symbols}
        self.history: dict[tuple[str, int], Row] = {}  # minutes that no trade of ours made
        self._time = time

    def now(self) -> float:
        return wall.time() if self._time is None else self._time

    def pass_time(self, seconds: float) -> None:
        """Moves the clock, which must have been given one."""
        assert self._time is not None, "the clock must be the test's own"
        self._time += seconds

    def trade(self, symbol: str, price: str, size: str) -> Happened:
        with self.lock:
            made = self.trades[symbol]
            trade = Happened(symbol, FIRST_ID + len(made), Decimal(price), Decimal(size), self.now())
            made.append(trade)
            return trade

    def last(self, symbol: str, count: int = 100) -> list[Happened]:
        """Newest first, as the exchange tells it."""
        with self.lock:
            return self.trades[symbol][-count:][::-1]

    def remember(self, symbol: str, minutes: Iterable[tuple[int, str]]) -> None:
        """Minutes of the past at one price each, with a volume of 1."""
        for minute, price in minutes:
            self.history[symbol, minute] = bar_row(minute, [(Decimal(price), Decimal(1))])

    def candles(self, symbol: str, seconds: int, start: int, end: int) -> list[Row]:
        """Newest first; the running one is included, empty ones are not."""
        parts: dict[int, list[Row]] = {}
        for row in self._minutes(symbol):
            opened = int(row["start"]) - int(row["start"]) % seconds
            if start <= opened <= end:
                parts.setdefault(opened, []).append(row)
        return [merged(opened, parts[opened]) for opened in sorted(parts, reverse=True)]

    def _minutes(self, symbol: str) -> list[Row]:
        with self.lock:
            made: dict[int, list[tuple[Decimal, Decimal]]] = {}
            for trade in self.trades[symbol]:
                made.setdefault(int(trade.time // MINUTE * MINUTE), []).append((trade.price, trade.size))
            known = {minute: row for (name, minute), row in self.history.items() if name == symbol}
            known |= {minute: bar_row(minute, trades) for minute, trades in made.items()}
        return [known[minute] for minute in sorted(known)]


def stamp(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def bar_row(start: int, trades: list[tuple[Decimal, Decimal]]) -> Row:
    prices = [price for price, _ in trades]
    figures = (prices[0], max(prices), min(prices), prices[-1], sum(size for _, size in trades))
    names = ("open", "high", "low", "close", "volume")
    return {"start": str(start), **dict(zip(names, map(str, figures), strict=True))}


def merged(start: int, rows: list[Row]) -> Row:
    return {
        "start": str(start), "open": rows[0]["open"], "close": rows[-1]["close"],
        "high": str(max(Decimal(row["high"]) for row in rows)), "low": str(min(Decimal(row["low"]) for row in rows)),
        "volume": str(sum(Decimal(row["volume"]) for row in rows)),
    }  # fmt: skip


def product_row(symbol: str, **changes: Any) -> Row:
    base, quote = symbol.split("-")
    return {
        "product_id": symbol, "base_currency_id": base, "quote_currency_id": quote, "product_type": "SPOT",
        "price_increment": "0.01", "quote_increment": "0.01", "base_increment": "0.00000001",
        "base_min_size": "0.00000001", "quote_min_size": "1", "status": "online", "alias": "", "is_disabled": False,
        "trading_disabled": False, "cancel_only": False, "limit_only": False, "post_only": False,
        "auction_mode": False, "view_only": False, **changes,
    }  # fmt: skip
