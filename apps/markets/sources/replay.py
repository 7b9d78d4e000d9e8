"""Recorded candles played as a market of their own."""

from collections.abc import Iterator

import numpy as np

from apps.markets.files import CandleFileError, read_candles
from apps.markets.models import Feed, MarketSession
from apps.markets.recordings import VENUE, Recording
from apps.markets.services import product_upsert, session_open, session_set_speed
from apps.markets.sources import MINUTE, Bar, SourceEvent
from apps.operations.ownership import Owner
from engine.events import event_minute, event_position
from engine.kinds import EventKind


class ReplaySource:
    """Plays a recording over and over, each time as a new session. Raises CandleFileError for a file it cannot play."""

    venue, granularity = VENUE, MINUTE

    def __init__(self, recording: Recording, speed: float) -> None:
        self.recording, self.speed = recording, speed
        self._candles = {listing.symbol: read_candles(listing.file) for listing in recording.listings}
        for listing in recording.listings:
            off_grid = np.flatnonzero(self._candles[listing.symbol]["time"] % MINUTE)
            if len(off_grid):
                raise CandleFileError(listing.file, "must be whole minutes", column="time", row=int(off_grid[0]) + 1)
        first = min(int(candles["time"][0]) for candles in self._candles.values())
        self.starts = first + recording.history
        self.ends = max(int(candles["time"][-1]) for candles in self._candles.values()) + MINUTE

    def begin(self, owner: Owner | None) -> MarketSession:
        session = MarketSession.objects.filter(venue=self.venue, closed=None).first()
        if session is None or session.recording != self.recording.key or self._is_over(session):
            return self._open(owner)
        session_set_speed(session=session, speed=self.speed)
        return session

    def events(self, session: MarketSession, after: int) -> Iterator[SourceEvent]:
        bars = {symbol: self._bars(candles) for symbol, candles in self._candles.items()}
        resumed = event_minute(after)
        for minute in range(max(session.starts, resumed), session.ends, MINUTE):
            for kind in (EventKind.OPEN, EventKind.BAR):
                if event_position(session=session.pk, time=minute, kind=kind) > after:
                    yield from _events(minute, kind, {symbol: known.get(minute) for symbol, known in bars.items()})

    def _bars(self, candles: np.ndarray) -> dict[int, Bar]:
        played = candles[candles["time"] >= self.starts]
        return {int(time): Bar(*values) for time, *values in played.tolist()}

    def _is_over(self, session: MarketSession) -> bool:
        last = event_position(session=session.pk, time=session.ends - MINUTE, kind=EventKind.BAR)
        return not Feed.objects.filter(session=session, position__lt=last).exists()

    def _open(self, owner: Owner | None) -> MarketSession:
        history = {}
        for listing in self.recording.listings:
            product = product_upsert(
                venue=self.venue, symbol=listing.symbol, base_increment=listing.base_increment,
                quote_increment=listing.quote_increment, base_min_size=listing.base_min_size,
                quote_min_size=listing.quote_min_size,
            )  # fmt: skip
            candles = self._candles[listing.symbol]
            history[product] = candles[candles["time"] < self.starts]
        return session_open(
            venue=self.venue, title=self.recording.title, recording=self.recording.key, speed=self.speed,
            granularity=self.granularity, starts=self.starts, ends=self.ends, history=history, owner=owner,
        )  # fmt: skip


def _events(minute: int, kind: EventKind, bars: dict[str, Bar | None]) -> Iterator[SourceEvent]:
    """The events of one kind in a minute, of every product: TIME stands in for the BAR of one that nobody traded."""
    for symbol, bar in bars.items():
        if kind == EventKind.OPEN and bar:
            yield SourceEvent(symbol, kind, minute, Bar(bar.open, bar.open, bar.open, bar.open, 0.0))
        elif kind == EventKind.BAR:
            yield SourceEvent(symbol, kind if bar else EventKind.TIME, minute, bar)
