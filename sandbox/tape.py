"""What was traded: the newest trades, and candles of any length from the tape and, before it began, the feed."""

from collections import deque
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from sandbox.clock import SECOND
from sandbox.feed import Feed
from sandbox.money import ZERO, floor_to
from sandbox.products import Product

KEPT = 2000  # trades
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
        self._live = began // SECOND // 60 * 60
        self._next = 1
        self._minutes: dict[int, Bar] = {}
        self.last = self._price(float(feed.prices(np.array([began / SECOND]))[0]))
        self._day: tuple[int, list[Bar]] = (-1, [])

    def record(self, moment: int, price: Decimal, size: Decimal, maker_side: str) -> Trade:
        trade = Trade(self._next, self._product.symbol, price, size, moment, maker_side)
        self._next += 1
        self.trades.append(trade)
        self.last = price
        start = moment // SECOND // 60 * 60
        self._day = (-1, []) if start != self._day[0] else self._day
        bar = Bar(start, price, price, price, price, size)
        if start in self._minutes:
            self._minutes[start].add(bar)
        else:
            self._minutes[start] = bar
        return trade

    def bars(self, start: int, end: int, seconds: int) -> list[Bar]:
        """Candles of ``seconds`` whose opening time is in ``start`` .. ``end``, oldest first; none without trades."""
        first = -(-start // seconds) * seconds
        stop = end // seconds * seconds + seconds
        found: dict[int, Bar] = {}
        for minute in [*self._past(first, min(stop, self._live)), *self._lived(first, stop)]:
            bucket = minute.start // seconds * seconds
            if bucket in found:
                found[bucket].add(minute)
            else:
                found[bucket] = Bar(bucket, minute.open, minute.high, minute.low, minute.close, minute.volume)
        return list(found.values())

    def day(self, now: int) -> list[Bar]:
        """The minutes of the last 24 hours."""
        minute = now // SECOND // 60 * 60
        if self._day[0] != minute:
            self._day = minute, self.bars(minute - 86400 + 60, minute, 60)
        return self._day[1]

    def _lived(self, first: int, stop: int) -> list[Bar]:
        return [bar for start, bar in self._minutes.items() if first <= start < stop]

    def _past(self, first: int, stop: int) -> list[Bar]:
        """Minutes of the feed; long spans are reckoned at once."""
        if stop <= first:
            return []
        starts = np.arange(first // 60 * 60, stop, 60, dtype=np.float64)
        corners = self._feed.prices((starts[:, None] + CORNERS).ravel()).reshape(-1, 4)
        volumes = self._feed.volumes(starts + 30) * 60
        traded = np.flatnonzero(volumes > float(self._product.base_increment))
        rows = zip(starts[traded], corners[traded], volumes[traded], strict=True)
        return [self._bar(int(start), list(prices), float(volume)) for start, prices, volume in rows]

    def _bar(self, start: int, prices: list[float], volume: float) -> Bar:
        tick = self._product.tick
        steps = [max(round(price / float(tick)), 1) for price in prices]
        size = floor_to(Decimal(repr(round(volume, 8))), self._product.base_increment)
        return Bar(start, steps[0] * tick, max(steps) * tick, min(steps) * tick, steps[3] * tick, size or ZERO)

    def _price(self, price: float) -> Decimal:
        return max(round(price / float(self._product.tick)), 1) * self._product.tick
