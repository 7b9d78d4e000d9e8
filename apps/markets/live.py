"""The stream of a live market: commits what a source tells as it happens, and says how the market is doing."""

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from django.db import transaction

from apps.markets import registry
from apps.markets.candles import DAY, compact_day, compact_past, day_of
from apps.markets.condition import Condition, DayCounts, condition_store, day_count, feeds_heard
from apps.markets.models import MarketSession, Product
from apps.markets.seconds import HOUR, seconds_commit, seconds_merge
from apps.markets.services import event_commit, feed_late, feed_settled
from apps.markets.sources import MINUTE, SourceEvent
from apps.markets.stream import BEAT, announce, announce_heard, announce_tick
from apps.markets.watching import View, announce_view
from apps.operations.ownership import Owner
from engine.kinds import EventKind

logger = logging.getLogger("stream")
PATIENCE = 0.02  # wall seconds a look at the source may take
POLL = 0.02  # wall seconds between looks at whether a bar has settled
HOLD = 2.0  # wall seconds that the market waits for what a bar causes
TICK = 0.5  # wall seconds between two prices of a product on open pages
RECORD = 1.0  # wall seconds between two times at which seconds are recorded, those of all products at once


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """``seconds``: one-second CANDLE records of a whole minute that closes; ``backfilled``: told after the fact."""

    event: SourceEvent
    seconds: np.ndarray
    backfilled: bool = False


@dataclass(frozen=True, slots=True)
class LiveSeconds:
    """Seconds (CANDLE) of the minute in progress that are over: none before them is missing."""

    symbol: str
    bars: np.ndarray


@dataclass(frozen=True, slots=True)
class Tick:
    """The minute in progress of a product."""

    product: Product
    time: float
    event: SourceEvent


@dataclass(slots=True)
class Unsettled:
    """A bar that was committed at ``since`` and may still cause orders; asked about at ``look`` again."""

    position: int
    since: float
    look: float = 0.0


class LiveSource(Protocol):
    """A market that happens whether anybody listens or not."""

    venue: str
    granularity: int  # seconds of the bars that paper orders match

    def begin(self, owner: Owner | None) -> MarketSession:
        """The venue's session, opened when there is none; begins to listen."""
        ...

    def poll(self, patience: float) -> list[LiveEvent | LiveSeconds]:
        """What has come to be known, in order for each product; waits at most about ``patience`` wall seconds."""
        ...

    def product(self, symbol: str) -> Product: ...

    def ticks(self) -> list[Tick]:
        """Products whose price changed since this was last asked."""
        ...

    def prices(self) -> dict[Product, tuple[float, float]]:
        """Price and market time of the last trades since this was last asked."""
        ...

    def views(self) -> list[View]:
        """Books and trades that somebody watches and that changed since this was last asked."""
        ...

    def counts(self, symbol: str) -> DayCounts:
        """What was counted for the product since this was last asked."""
        ...

    def condition(self) -> Condition: ...

    def close(self) -> None: ...


class LiveStream:
    """``hold``: wall seconds for which the next OPEN of a product waits until its last bar has settled."""

    def __init__(
        self, source: LiveSource, *, owner: Owner, hold: float = HOLD, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self.source, self.owner, self.hold, self.stopping = source, owner, hold, stopping
        self._queues: dict[str, deque[LiveEvent | LiveSeconds]] = {}
        self._seconds: dict[str, list[np.ndarray]] = {}  # that are not recorded yet
        self._unsettled: dict[str, Unsettled] = {}  # the last bar of each product
        self._beaten = self._ticked = self._recorded = 0.0

    def run(self) -> None:
        """Listens and commits until told to stop. Raises Fenced when another process has taken over."""
        session = self.source.begin(self.owner)
        compact_past(session, before=min([feed.market_time for feed in session.feeds.all()], default=0))
        logger.info("listens to %s", session)
        try:
            while not self.stopping():
                self._hear(PATIENCE)
                self._commit_waiting(session)
                if time.monotonic() - self._recorded >= RECORD:
                    self._record(session)
                    self._hear()
                self._tick()
                self._beat(session)
            self._record(session)
        finally:
            self.source.close()
            condition_store(self.source.venue, Condition(trouble="stopped"))

    def _hear(self, patience: float = 0.0) -> None:
        """Takes in what has come and tells who waits for a price, before anything more is committed."""
        for each in self.source.poll(patience):
            symbol = each.symbol if isinstance(each, LiveSeconds) else each.event.symbol
            self._queues.setdefault(symbol, deque()).append(each)
        if registry.on_prices and (prices := self.source.prices()):
            for hook in registry.on_prices:
                hook(prices)

    def _commit_waiting(self, session: MarketSession) -> None:
        """Bars of all products first: they are what decisions wait for."""
        for opens in (False, True):
            for symbol, waiting in list(self._queues.items()):
                while waiting and (opens or not _is_open(waiting[0])) and self._may(symbol, waiting[0]):
                    each = waiting.popleft()
                    if isinstance(each, LiveSeconds):
                        self._seconds.setdefault(symbol, []).append(each.bars)
                    else:
                        self._commit(session, self.source.product(symbol), each)
                        self._hear()
                    self._beat(session)

    def _record(self, session: MarketSession) -> None:
        """Records the seconds that are over, of all products in one transaction."""
        self._recorded = time.monotonic()
        waiting, self._seconds = self._seconds, {}
        if waiting:
            heard = {self.source.product(symbol): np.concatenate(parts) for symbol, parts in waiting.items()}
            seconds_commit(session, heard, owner=self.owner)

    def _may(self, symbol: str, live: LiveEvent | LiveSeconds) -> bool:
        """Whether the event may be committed: an OPEN, and the seconds after it, wait for what the bar before it
        caused."""
        last = self._unsettled.get(symbol)
        if last is None or isinstance(live, LiveSeconds) or not _is_open(live) or live.backfilled:
            return True
        now = time.monotonic()
        if now < last.look:
            return False
        last.look = now + POLL
        product = self.source.product(symbol)
        if all(settled(product, last.position) for settled in registry.is_settled):
            feed_settled(product=product, position=last.position)
        elif now - last.since < self.hold:
            return False
        else:
            logger.warning("%s at %s did not settle within %g s: goes on", product, last.position, self.hold)
            feed_late(product=product, position=last.position)
        del self._unsettled[symbol]
        return True

    def _commit(self, session: MarketSession, product: Product, live: LiveEvent) -> None:
        event = live.event
        with transaction.atomic():
            if event.kind != EventKind.OPEN:
                told = self._seconds.pop(product.symbol, [])
                seconds = np.concatenate([live.seconds, *told]) if live.backfilled else live.seconds
                seconds_commit(session, {product: seconds}, owner=self.owner)
            committed = event_commit(session=session, product=product, event=event, owner=self.owner)
            if committed is None:
                return
            if event.kind != EventKind.OPEN:
                seconds_merge(session, product, event.minute, MINUTE)
                counts = self.source.counts(product.symbol)
                day_count(session, product, day_of(event.minute), counts, event=event, backfilled=live.backfilled)
        announce(committed, event)
        if event.kind == EventKind.OPEN:
            return
        self._unsettled[product.symbol] = Unsettled(committed.position, since=time.monotonic())
        if event.time % HOUR == 0:
            seconds_merge(session, product, event.time - HOUR, HOUR)
        if event.time % DAY == 0:
            compact_day(session, product, day_of(event.minute))

    def _tick(self) -> None:
        if time.monotonic() - self._ticked < TICK:
            return
        self._ticked = time.monotonic()
        for tick in self.source.ticks():
            announce_tick(tick.product, tick.event, tick.time)
        for view in self.source.views():
            announce_view(view)

    def _beat(self, session: MarketSession) -> None:
        if time.monotonic() - self._beaten < BEAT:
            return
        self._beaten = time.monotonic()
        self.owner.beat()
        condition = self.source.condition()
        condition_store(self.source.venue, condition)
        feeds_heard(session, condition.whole)
        if condition.whole:
            announce_heard(self.source.venue)


def _is_open(live: LiveEvent | LiveSeconds) -> bool:
    return isinstance(live, LiveEvent) and live.event.kind == EventKind.OPEN
