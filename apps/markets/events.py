"""The stored events of a market, as the core reads them: made from candles, in the order of their positions."""

from collections.abc import Iterator

import numpy as np

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
    for bar in load_range(session, feed.product, MINUTE, start=start, end=end):
        yield from _events(session.pk, bar, after, until)
    forming = Candle.objects.filter(session=session, product_id=feed.product_id, timeframe=MINUTE, closed=False)
    for row in forming.filter(time__gte=start, time__lt=end).order_by("time"):
        yield from _between([_open(session.pk, row.time, row.open)], after, until)


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
