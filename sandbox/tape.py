"""What was traded: the newest trades, and candles of any length from the tape and, before it began, the feed."""

from collections import deque
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from sandbox.book import BUY, SELL
from sandbox.clock import SECOND
from sandbox.feed import Feed, Floats
from sandbox.money import ZERO, floor_to
from sandbox.products import Product

KEPT = 2000  # trades
EARLIER = 100  # seconds of trades before the first
CORNERS = np.array([0.0, 20.0, 40.0, 59.999])  # where a minute of the feed has its extremes


@dataclass(frozen=True, slots=True)
class Trade:
    trade_id: int
    symbol: str  # of the book
    price: Decimal
    size: Decimal
    moment: int
    maker_side: str


@dataclass(slots=True)
class Bar:
    """A candle; ``start`` in seconds UTC, volume in base."""

    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal

    def add(self, other: "Bar") -> None:
        """Takes in what came after."""
        self.high, self.low = max(self.high, other.high), min(self.low, other.low)
        self.close, self.volume = other.close, self.volume + other.volume


class Tape:
    def __init__(self, product: Product, feed: Feed, began: int) -> None:
        """``began``: when the market opened here, in nanoseconds; older candles are the feed's."""
        self.trades: deque[Trade] = deque(maxlen=KEPT)
        self._product, self._feed = product, feed
        self.began = began
        self._next = 1
        self._minutes: dict[int, Bar] = {}
        self.last = self._price(float(feed.prices(np.array([began / SECOND]))[0]))
        self._imagine(began)
        self._day: tuple[int, Bar] | None = None

    def recall(self, began: int, trades: list[Trade], minutes: list[Bar]) -> None:
        """Goes on with the tape of an earlier run: its newest trades, oldest first, and all its minutes."""
        self.began, self._day = began, None
        self._minutes = {bar.start: bar for bar in minutes}
        if trades:
            self.trades = deque(trades, maxlen=KEPT)
            self._next, self.last = trades[-1].trade_id + 1, trades[-1].price

    @property
    def _live(self) -> int:
        """From this minute on the tape knows, before it the feed."""
        return self.began // SECOND // 60 * 60

    def minute(self, moment: int) -> Bar:
        """The minute of a trade. Raises KeyError when nobody traded in it."""
        return self._minutes[moment // SECOND // 60 * 60]

    def record(self, moment: int, price: Decimal, size: Decimal, maker_side: str) -> Trade:
        trade = Trade(self._next, self._product.symbol, price, size, moment, maker_side)
        self._next += 1
        self.trades.append(trade)
        self.last = price
        start = moment // SECOND // 60 * 60
        bar = Bar(start, price, price, price, price, size)
        if self._day and self._day[0] == start:
            self._day[1].add(bar)
        if start in self._minutes:
            self._minutes[start].add(bar)
        else:
            self._minutes[start] = bar
        return trade

    def bars(self, start: int, end: int, seconds: int) -> list[Bar]:
        """Candles of ``seconds`` whose opening time is in ``start`` .. ``end``, oldest first; none without trades."""
        first = -(-start // seconds) * seconds
        stop = end // seconds * seconds + seconds
        found = {bar.start: bar for bar in self._past(first, min(stop, self._live), seconds)}
        for minute in self._lived(first, stop):
            bucket = minute.start // seconds * seconds
            if bucket in found:
                found[bucket].add(minute)
            else:
                found[bucket] = replace(minute, start=bucket)
        return list(found.values())

    def day(self, now: int) -> Bar:
        """The last 24 hours as one candle; the last price without volume when nobody traded."""
        minute = now // SECOND // 60 * 60
        if self._day is None or self._day[0] != minute:
            whole = Bar(minute, self.last, self.last, self.last, self.last, ZERO)
            bars = self.bars(minute - 86400 + 60, minute, 60)
            for bar in bars[:1]:
                whole = replace(bar)
            for bar in bars[1:]:
                whole.add(bar)
            self._day = minute, whole
        return self._day[1]

    def _imagine(self, began: int) -> None:
        """Trades of the last seconds before the market opened here, as its candles tell of them: one a second."""
        seconds: Floats = began / SECOND - np.arange(EARLIER - 1, -1, -1, dtype=np.float64)
        before = self.last
        for at, price, rate in zip(seconds, self._feed.prices(seconds), self._feed.volumes(seconds), strict=True):
            size = floor_to(Decimal(repr(round(float(rate), 12))), self._product.base_increment)
            if size > 0:
                traded = self._price(float(price))
                side = SELL if traded > before else BUY
                moment = min(int(at) * SECOND, began)
                self.trades.append(Trade(self._next, self._product.symbol, traded, size, moment, side))
                self._next, before = self._next + 1, traded

    def _lived(self, first: int, stop: int) -> list[Bar]:
        return [bar for start, bar in list(self._minutes.items()) if first <= start < stop]

    def _past(self, first: int, stop: int, seconds: int) -> list[Bar]:
        """Candles of the feed, built from its minutes: those of an hour and of its minutes agree."""
        if stop <= first:
            return []
        increment = float(self._product.base_increment)
        starts: Floats = np.arange(first, stop, 60, dtype=np.float64)
        units = np.floor(self._feed.volumes(starts + 30) * 60 / increment + 1e-6)  # what was a whole unit stays one
        traded = units > 0
        starts, units = starts[traded], units[traded]
        if not len(starts):
            return []
        corners = self._feed.prices((starts[:, None] + CORNERS).ravel()).reshape(-1, 4)
        ticks = np.maximum(np.rint(corners / float(self._product.tick)), 1)
        buckets = starts // seconds
        begins = np.flatnonzero(np.diff(buckets, prepend=-1))
        ends = np.append(begins[1:], len(buckets)) - 1
        columns = (
            buckets[begins] * seconds, ticks[begins, 0], np.maximum.reduceat(ticks.max(axis=1), begins),
            np.minimum.reduceat(ticks.min(axis=1), begins), ticks[ends, 3], np.add.reduceat(units, begins),
        )  # fmt: skip
        return [self._bar([int(value) for value in row]) for row in zip(*columns, strict=True)]

    def _bar(self, row: list[int]) -> Bar:
        """From its start, its prices in ticks and its volume in increments."""
        opening, high, low, close = (value * self._product.tick for value in row[1:5])
        return Bar(row[0], opening, high, low, close, row[5] * self._product.base_increment)

    def _price(self, price: float) -> Decimal:
        return max(round(price / float(self._product.tick)), 1) * self._product.tick
