"""One product's way from its tape to events: in order, none left out, what nobody saw fetched afterwards."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from apps.markets.live import LiveEvent, LiveSeconds
from apps.markets.sources import MINUTE, Bar, SourceEvent
from apps.markets.sources.coinbase.tape import Closed, Opened, Seconds, Tape
from engine.kinds import EventKind
from engine.records import CANDLE
from exchanges.coinbase.retry import Backoff
from exchanges.coinbase.values import Malformed
from exchanges.port import ExchangeError

logger = logging.getLogger("stream")
SETTLING = 3.0  # seconds after which REST is asked for a minute: its last trades take a moment to get there
TRIES = 5  # REST is asked so often for a minute of which it shows less than was seen
NOTHING = np.zeros(0, CANDLE)


@dataclass
class Series:
    """``due``: the minute that comes next. ``fetch`` gives CANDLE records of minutes from one up to another."""

    symbol: str
    due: int
    tape: Tape
    fetch: Callable[[int, int], np.ndarray]
    opened: tuple[int, float] | None = None  # the minute whose OPEN is out, and its price
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._waiting: deque[Opened | Seconds | Closed] = deque()
        self._backoff, self._retry, self._tries = Backoff(first=1.0), 0.0, 0

    def events(self, now: float) -> Iterator[LiveEvent | LiveSeconds]:
        """What can be told by now (the exchange's clock); the rest waits, in order."""
        self._waiting += self.tape.take()
        while self._waiting:
            head = self._waiting[0]
            if head.minute < self.due:
                self._waiting.popleft()
            elif head.minute > self.due:
                missed = self._missed(head.minute, now)
                if missed is None:
                    return
                yield from missed
            elif isinstance(head, Opened):
                self._waiting.popleft()
                yield from self._open(head.minute, head.price)
            elif isinstance(head, Seconds):
                self._waiting.popleft()
                yield LiveSeconds(self.symbol, head.bars)
            elif head.whole:
                self._waiting.popleft()
                yield self._close(head.minute, head.bar, head.seconds)
            else:
                missed = self._missed(self._doubtful_until(), now)
                if missed is None:
                    return
                yield from missed

    def _open(self, minute: int, price: float, *, backfilled: bool = False) -> Iterator[LiveEvent]:
        if self.opened is None or self.opened[0] != minute:
            self.opened = minute, price
            bar = Bar(price, price, price, price, 0.0)
            yield LiveEvent(SourceEvent(self.symbol, EventKind.OPEN, minute, bar), NOTHING, backfilled)

    def _close(self, minute: int, bar: Bar | None, seconds: np.ndarray, *, backfilled: bool = False) -> LiveEvent:
        self.due = minute + MINUTE
        kind = EventKind.BAR if bar else EventKind.TIME
        return LiveEvent(SourceEvent(self.symbol, kind, minute, bar), seconds, backfilled)

    def _doubtful_until(self) -> int:
        """The end of the doubtful minutes at the head."""
        until = self.due
        for each in self._waiting:
            if each.minute > until or (isinstance(each, Closed) and each.minute == until and each.whole):
                break
            if isinstance(each, Closed) and each.minute == until:
                until += MINUTE
        return until

    def _missed(self, until: int, now: float) -> list[LiveEvent] | None:
        """Events of the minutes before ``until`` as REST has them; None while they cannot be told."""
        if now < until + SETTLING or self.clock() < self._retry:
            return None
        try:
            fetched = self.fetch(self.due, until)
        except (ExchangeError, Malformed) as error:
            logger.warning("%s: minutes that were missed stay missing: %s", self.symbol, error)
            self._retry = self.clock() + self._backoff.pause()
            return None
        bars = {int(row["time"]): Bar(*row.tolist()[1:]) for row in fetched}
        seen = {each.minute: each for each in self._waiting if isinstance(each, Closed) and each.minute < until}
        if self._tries < TRIES and any(_lacks(bars.get(minute), each.bar) for minute, each in seen.items()):
            self._tries += 1
            self._retry = self.clock() + 1
            return None
        self._backoff.reset()
        self._tries = 0
        return [event for minute in range(self.due, until, MINUTE) for event in self._filled(minute, bars, seen)]

    def _filled(self, minute: int, bars: dict[int, Bar], seen: dict[int, Closed]) -> Iterator[LiveEvent]:
        own = seen.get(minute)
        bar = bars.get(minute) or (own.bar if own else None)
        if bar:
            yield from self._open(minute, bar.open, backfilled=True)
            bar = self._as_opened(minute, bar)
        # Of its seconds those stay that were told before anything was missed: the minute itself stands for the others.
        yield self._close(minute, bar, NOTHING, backfilled=True)

    def _as_opened(self, minute: int, bar: Bar) -> Bar:
        """An OPEN that is out stays as it was decided on."""
        if self.opened is None or self.opened[0] != minute:
            return bar
        price = self.opened[1]
        return Bar(price, max(bar.high, price), min(bar.low, price), bar.close, bar.volume)


def _lacks(fetched: Bar | None, own: Bar | None) -> bool:
    """Whether REST shows less of a minute than was seen of it."""
    return own is not None and (fetched is None or fetched.volume < own.volume * (1 - 1e-9))
