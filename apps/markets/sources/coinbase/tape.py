"""One product's trades, folded into seconds and minutes, and whether any of them is missing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from apps.markets.sources import MINUTE, Bar
from apps.markets.sources.coinbase.outliers import Doubt, Outliers
from engine.records import CANDLE
from exchanges.coinbase.records import Trade

GRACE = 1.0  # seconds of the exchange's clock after a second or a minute in which its last trades may still come
SNAPSHOT = 100  # trades that the exchange shows on subscribing


@dataclass(frozen=True)
class Opened:
    """A minute's first trade, of a minute that is whole so far."""

    minute: int
    price: float


@dataclass(frozen=True)
class Seconds:
    """Seconds that are over, of a minute that is whole so far."""

    minute: int
    bars: np.ndarray  # CANDLE records of one second


@dataclass(frozen=True)
class Closed:
    """A minute is over. ``whole``: no trade of it is missing; ``bar`` None: there was none."""

    minute: int
    bar: Bar | None
    whole: bool
    seconds: np.ndarray  # CANDLE records of all its seconds


@dataclass
class Counts:
    """Since they were last taken."""

    trades: int = 0
    gaps: int = 0
    lost: int = 0
    duplicates: int = 0
    late: int = 0
    doubts: list[Doubt] = field(default_factory=list)


class Tape:
    """Trade numbers rise by one: a number that is left out is a trade that never came, and its minutes are not whole.

    ``now`` is the exchange's clock, in seconds UTC.
    """

    def __init__(self, outliers: Outliers) -> None:
        self.outliers = outliers
        self.synced = False  # between a snapshot and the loss of the connection
        self.counts = Counts()
        self.price: float | None = None  # of the last trade that was believed
        self.traded: float | None = None  # its time
        self._minute: int | None = None  # the forming one
        self._last: int | None = None  # number of the last trade
        self._doubtful = -1  # minutes up to this one are not whole
        self._seconds: list[list[float]] = []
        self._shown = 0  # so many of them were told
        self._volume = Decimal(0)  # of the forming minute, exact: REST's bars have no binary digits to spare either
        self._told: list[Opened | Seconds | Closed] = []

    def snapshot(self, trades: list[Trade], now: float) -> None:
        """The last trades as they stood on subscribing, oldest first: they bridge a short loss of the connection."""
        known = self._last
        if self._minute is None:
            self._begin(trades, now)
        for trade in trades:
            if known is None or trade.trade_id > known:
                self._take(trade)
        self.synced = True

    def update(self, trades: Iterable[Trade]) -> None:
        """Trades as they happen, oldest first."""
        for trade in trades:
            if self._last is not None and trade.trade_id <= self._last:
                self.counts.duplicates += 1
            else:
                self._take(trade)

    def pass_time(self, now: float) -> None:
        """Tells the seconds, and closes the minutes, that are over by the exchange's clock."""
        while self.synced and self._minute is not None and now >= self._minute + MINUTE + GRACE:
            self._close()
        self._show(now)

    def lose(self) -> None:
        """The connection is lost: nothing is known of what happens until the next snapshot."""
        self.synced = False

    def take(self) -> list[Opened | Seconds | Closed]:
        """What has happened since this was last asked, in order."""
        told, self._told = self._told, []
        return told

    def take_counts(self) -> Counts:
        counts, self.counts = self.counts, Counts()
        return counts

    @property
    def forming(self) -> tuple[int, Bar] | None:
        """The minute in progress, as far as it is known."""
        return (self._minute, self._bar()) if self._minute is not None and self._seconds else None

    def _begin(self, trades: list[Trade], now: float) -> None:
        self._minute = int(now // MINUTE * MINUTE)
        covered = len(trades) < SNAPSHOT or trades[0].time.timestamp() < self._minute
        if not covered:
            self._doubtful = self._minute
        earlier = [trade for trade in trades if trade.time.timestamp() < self._minute]
        if earlier:  # of minutes that are history
            self._last = earlier[-1].trade_id
            self.outliers.reference = float(earlier[-1].price)
        trades[:] = trades[len(earlier) :]

    def _take(self, trade: Trade) -> None:
        time = trade.time.timestamp()
        if self._last is not None and trade.trade_id > self._last + 1:
            self.counts.gaps += 1
            self.counts.lost += trade.trade_id - self._last - 1
            self._doubtful = max(self._doubtful, int(time // MINUTE * MINUTE))
        self._last = trade.trade_id
        self.counts.trades += 1
        believed, doubts = self.outliers.judge(trade)
        self.counts.doubts += doubts
        for each in believed:
            self._fold(each)

    def _fold(self, trade: Trade) -> None:
        time, price, size = trade.time.timestamp(), float(trade.price), float(trade.size)
        minute = int(time // MINUTE * MINUTE)
        assert self._minute is not None
        if minute < self._minute:
            self.counts.late += 1
            return
        while minute > self._minute:
            self._close()
        self.price, self.traded = price, time
        self._volume += trade.size
        if not self._seconds and minute > self._doubtful:
            self._told.append(Opened(minute, price))
        second = float(int(time))
        if self._shown and self._shown == len(self._seconds):  # what was told stays: who is late counts in the next
            second = max(second, self._seconds[-1][0] + 1)
        if self._seconds and self._seconds[-1][0] >= second:
            _widen(self._seconds[-1], price, size)
        else:
            self._seconds.append([second, price, price, price, price, size])

    def _show(self, now: float) -> None:
        """A second is over when a trade of a later one has come, or the clock is past it."""
        if self._minute is None or self._minute <= self._doubtful or not self._seconds:
            return
        over = len(self._seconds) - 1
        if self.synced and now >= self._seconds[-1][0] + 1 + GRACE:
            over += 1
        if over > self._shown:
            self._told.append(Seconds(self._minute, _records(self._seconds[self._shown : over])))
            self._shown = over

    def _close(self) -> None:
        assert self._minute is not None
        seconds = _records(self._seconds)
        bar = self._bar() if self._seconds else None
        self._told.append(Closed(self._minute, bar, self._minute > self._doubtful, seconds))
        self._seconds, self._shown, self._volume = [], 0, Decimal(0)
        self._minute += MINUTE

    def _bar(self) -> Bar:
        rows = self._seconds
        return Bar(
            rows[0][1], max(row[2] for row in rows), min(row[3] for row in rows), rows[-1][4], float(self._volume),
        )  # fmt: skip


def _records(rows: list[list[float]]) -> np.ndarray:
    return np.array([tuple(row) for row in rows], CANDLE)


def _widen(row: list[float], price: float, size: float) -> None:
    row[2], row[3] = max(row[2], price), min(row[3], price)
    row[4] = price
    row[5] += size
