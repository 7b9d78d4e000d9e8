"""The stored events of a market, as the core reads them: made from candles, in the order of their positions."""

from collections.abc import Iterator

import numpy as np
from django.db.models import QuerySet

from apps.markets.candles import load_range
from apps.markets.models import Candle, Feed
from engine import records
from engine.events import SESSION_SPAN, event_position
from engine.kinds import EventKind

MINUTE = 60


def events_between(feed: Feed, after: int, until: int) -> Iterator[np.void]:
    """EVENT records (engine.records) of the feed's product with ``after`` < position <= ``until``, in order.

    Minutes without a trade have no event here: nothing can match in them.
    """
    session = feed.session
    start = max(after % SESSION_SPAN // 2, session.starts) if after // SESSION_SPAN == session.pk else session.starts
    end = until % SESSION_SPAN // 2 + MINUTE
    # Read before the closed bars: one that closes between the two reads then comes twice, not never.
    forming = list(_forming(feed).filter(time__gte=start, time__lt=end)) if until % 2 == EventKind.OPEN else []
    closed = load_range(session, feed.product, MINUTE, start=start, end=end)
    for bar in closed:
        yield from _events(session.pk, bar, after, until)
    for time, price in forming:
        if time not in closed["time"]:
            yield from _between([_open(session.pk, time, price)], after, until)


def _forming(feed: Feed) -> QuerySet[Candle, tuple[int, float]]:
    """Opening times and prices of minutes of which only the OPEN has happened."""
    rows = Candle.objects.filter(session=feed.session_id, product=feed.product_id, timeframe=MINUTE, closed=False)
    return rows.order_by("time").values_list("time", "open")


def _events(session: int, bar: np.void, after: int, until: int) -> Iterator[np.void]:
    time = int(bar["time"])
    close = _event(session, EventKind.BAR, time, time + MINUTE)
    for name in ("open", "high", "low", "close", "volume"):
        close[name] = bar[name]
    yield from _between([_open(session, time, float(bar["open"])), close], after, until)


def _open(session: int, time: int, price: float) -> np.void:
    event = _event(session, EventKind.OPEN, time, time)
    event["open"] = event["high"] = event["low"] = event["close"] = price
    return event


def _event(session: int, kind: EventKind, bar_time: int, time: int) -> np.void:
    event = np.zeros(1, records.EVENT)[0]
    event["position"] = event_position(session=session, time=bar_time, kind=kind)
    event["kind"], event["time"] = kind, time
    return event


def _between(events: list[np.void], after: int, until: int) -> Iterator[np.void]:
    return (event for event in events if after < event["position"] <= until)
