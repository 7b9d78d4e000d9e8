"""The stream: commits a source's events one by one, each when everything that follows from the last one is done."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from apps.markets import registry
from apps.markets.candles import DAY, compact_day, compact_past, day_of
from apps.markets.models import MarketSession, Product
from apps.markets.registry import MarketEvent
from apps.markets.services import event_commit, feed_late, feed_settled
from apps.markets.sources import MarketSource, SourceEvent
from apps.operations.hints import market_group, send
from apps.operations.ownership import Owner
from engine.kinds import EventKind

logger = logging.getLogger("stream")
BEAT = 1.0  # wall seconds between signs of life
POLL = 0.005  # wall seconds between looks at what has settled
NAP = 0.05  # longest sleep, so that a stop is obeyed at once


class Stream:
    """``hold``: wall seconds that an event may take to settle before the market goes on, 0 = no limit."""

    def __init__(
        self, source: MarketSource, *, owner: Owner, hold: float, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self.source, self.owner, self.hold, self.stopping = source, owner, hold, stopping
        self._due, self._market_time = 0.0, 0
        self._beaten = time.monotonic()

    def run(self) -> None:
        """Plays session after session until told to stop. Raises Fenced when another process has taken over."""
        while not self.stopping():
            self.play(self.source.begin(self.owner))

    def play(self, session: MarketSession) -> None:
        """Goes on where the session's feeds stand, after a kill -9 too, until its events or this process end."""
        feeds = {feed.product.symbol: feed for feed in session.feeds.select_related("product")}
        compact_past(session, before=min(feed.market_time for feed in feeds.values()))
        for feed in feeds.values():
            self._settle(feed.product, feed.position)
        now = max(feed.market_time for feed in feeds.values())
        self._due, self._market_time = time.monotonic(), now
        logger.info("plays %s from %s", session, datetime.fromtimestamp(now, UTC).isoformat())
        for event in self.source.events(session, after=min(feed.position for feed in feeds.values())):
            self._wait_for(event.time)
            if self.stopping():
                return
            self._commit(session, feeds[event.symbol].product, event)

    def _commit(self, session: MarketSession, product: Product, event: SourceEvent) -> None:
        committed = event_commit(session=session, product=product, event=event, owner=self.owner)
        if committed is None:
            return
        announce(committed, event)
        self._settle(product, committed.position)
        if event.kind != EventKind.OPEN and event.time % DAY == 0:
            compact_day(session, product, day_of(event.minute))

    def _settle(self, product: Product, position: int) -> None:
        """Waits until nothing that follows from the event is left to do, at most ``hold`` seconds."""
        started, told = time.monotonic(), 0
        while not all(settled(product, position) for settled in registry.is_settled):
            waited = time.monotonic() - started
            if self.stopping():
                return
            if self.hold and waited >= self.hold:
                logger.warning("%s at %s did not settle within %g s: goes on", product, position, self.hold)
                feed_late(product=product, position=position)
                return
            if int(waited) > told:
                told = int(waited)
                logger.warning("%s at %s has not settled for %s s", product, position, told)
            self._sleep(POLL)
        feed_settled(product=product, position=position)

    def _wait_for(self, market_time: int) -> None:
        """Sleeps until the event is due at the market's speed. Time lost in settling is not made up."""
        if self.source.speed:
            self._due = max(self._due + (market_time - self._market_time) / self.source.speed, time.monotonic())
            self._market_time = market_time
        while (left := self._due - time.monotonic()) > 0 and not self.stopping():
            self._sleep(min(left, NAP))
        self._beat()

    def _sleep(self, seconds: float) -> None:
        time.sleep(seconds)
        self._beat()

    def _beat(self) -> None:
        if time.monotonic() - self._beaten >= BEAT:
            self.owner.beat()
            self._beaten = time.monotonic()


def announce(committed: MarketEvent, event: SourceEvent) -> None:
    """Sends the price to open pages. A lost message costs nothing: the next one brings the price."""
    bar = event.bar
    message = {
        "type": "live.price", "product_id": committed.product.pk, "symbol": committed.product.symbol,
        "price": committed.price, "time": committed.time, "position": committed.position, "kind": int(committed.kind),
        "bar": [event.minute, bar.open, bar.high, bar.low, bar.close, bar.volume] if bar else None,
    }  # fmt: skip
    send(market_group(committed.product.venue), message)


def announce_heard(venue: str) -> None:
    """Tells open pages that a live market is whole up to now."""
    send(market_group(venue), {"type": "live.heard", "venue": venue})


def announce_tick(product: Product, forming: SourceEvent, at: float) -> None:
    """Sends the minute in progress to open pages, as far as it has come. ``at``: market time in seconds."""
    bar = forming.bar
    assert bar is not None
    message = {
        "type": "live.price", "product_id": product.pk, "symbol": product.symbol, "price": bar.close, "time": int(at),
        "position": 0, "kind": int(forming.kind),
        "bar": [forming.minute, bar.open, bar.high, bar.low, bar.close, bar.volume],
    }  # fmt: skip
    send(market_group(product.venue), message)
