"""The bars of a chart: a stretch of closed candles with the one that still forms.

Numbers are floats for the eye; nothing computes money with them.
"""

from dataclasses import dataclass

import numpy as np

from apps.markets.candles import load, load_range
from apps.markets.models import Candle, Feed, MarketSession, Product
from engine.candles import aggregate
from engine.records import CANDLE

BARS = 500  # of one answer
MINUTE = 60
AHEAD = 150  # bars shown after the moment that was asked for


@dataclass(frozen=True)
class Window:
    """CANDLE records in time order; the first ``warm`` are for indicators alone and are not shown."""

    product: Product
    session: MarketSession
    timeframe: int
    bars: np.ndarray
    warm: int
    live: bool  # reaches the present: its last bar goes on growing

    @property
    def shown(self) -> np.ndarray:
        return self.bars[self.warm :]

    @property
    def start(self) -> int:
        """Opening time of the first bar shown, seconds; 0 without one."""
        return int(self.shown["time"][0]) if len(self.shown) else 0

    @property
    def end(self) -> int:
        """When the last bar shown closes or will close, seconds."""
        return int(self.shown["time"][-1]) + self.timeframe if len(self.shown) else 0


@dataclass(frozen=True)
class Where:
    """Which bars are wanted, market seconds: all that open before a time, from a time on, or around one; else the
    newest."""

    before: int | None = None
    after: int | None = None
    around: int | None = None


def window(feed: Feed, timeframe: int, where: Where, *, warm: int = 0) -> Window:
    """Up to BARS bars, after as many as ``warm`` to warm up on. Raises CorruptChunk."""
    now = feed.market_time
    until, floor = _span(now, timeframe, where)
    asked = BARS if floor is None else max(0, -(-(until - floor) // timeframe))
    bars = load(feed.session, feed.product, timeframe, until=until, count=asked + warm)
    live = where.before is None and until + timeframe > now
    growing = forming(feed.session, feed.product, timeframe, now) if live else bars[:0]
    bars = np.concatenate((bars, growing))
    shown = np.count_nonzero(bars["time"] >= floor) if floor is not None else min(len(bars), BARS + len(growing))
    return Window(feed.product, feed.session, timeframe, bars, len(bars) - int(shown), live)


def _span(now: int, timeframe: int, where: Where) -> tuple[int, int | None]:
    """Until when bars are closed, and from when on they are shown (None: as many as there are)."""
    if where.before is not None:
        return min(now, where.before), None
    if where.after is not None:
        return min(now, where.after + BARS * timeframe), where.after
    if where.around is not None:
        return min(now, where.around + AHEAD * timeframe), None
    return now, None


def forming(session: MarketSession, product: Product, timeframe: int, now: int) -> np.ndarray:
    """The bar that has not closed yet, from its minutes so far; empty before its first."""
    opens = now - now % timeframe
    closed = load_range(session, product, MINUTE, start=opens, end=now) if timeframe > MINUTE else np.zeros(0, CANDLE)
    rows = Candle.objects.filter(session=session, product=product, timeframe=MINUTE, closed=False, time__gte=opens)
    fields = ("time", "open", "high", "low", "close", "volume")
    growing = np.array(list(rows.order_by("time").values_list(*fields)), dtype=CANDLE)
    minutes = np.concatenate(
        (closed, growing[growing["time"] >= closed["time"][-1] + MINUTE] if len(closed) else growing)
    )
    return aggregate(minutes, timeframe)[-1:]
