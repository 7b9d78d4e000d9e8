"""The stored events of a market, as the core reads them: made from recorded bars, in the order of their positions."""

from collections.abc import Iterator

import numpy as np
from django.db.models import QuerySet

from apps.markets.candles import load_range
from apps.markets.models import Candle, Feed
from apps.markets.seconds import seconds_load
from engine import records
from engine.events import SESSION_SPAN, event_minute, event_second
from engine.kinds import EventKind
from engine.records import CANDLE

MINUTE = 60
LEAST = 1e-6  # of a minute's volume: less than that is no trade that was missed
PRICES = ("open", "high", "low", "close")


def events_between(
    feed: Feed, after: int, until: int, *, granularity: int | None = None
) -> Iterator[tuple[np.void, int]]:
    """EVENT records (engine.records) of the feed's product with ``after`` < position <= ``until``, in order, each with
    the seconds of the bar it belongs to.

    ``granularity``: of the bars to read, the session's own if None. Seconds come as they were recorded; a minute of
    which none was comes as a minute, and one of which some are missing with what its own bar shows beyond them, at its
    end. Stretches without a trade have no event here: nothing can match in them.
    """
    session = feed.session
    first = event_minute(after) if after // SESSION_SPAN == session.pk else session.starts
    end = event_second(until) + 1
    if (granularity or session.granularity) == MINUTE:
        parts = list(_minutes(feed, max(first, session.starts), end, forming=until % 2 == 0))
    else:
        parts = list(_seconds(feed, first, end))
    for events, length in sorted(_single(parts), key=lambda part: int(part[0]["position"])):
        if after < events["position"] <= until:
            yield events, length


Part = tuple[np.ndarray, int]  # events, and the seconds of their bars


def _single(parts: list[Part]) -> Iterator[tuple[np.void, int]]:
    for events, length in parts:
        for event in events:
            yield event, length


def _minutes(feed: Feed, start: int, end: int, *, forming: bool) -> Iterator[Part]:
    """``forming``: the last of them has had its OPEN only."""
    # Read before the closed bars: one that closes between the two reads then comes twice, not never.
    opened = list(_forming(feed).filter(time__gte=start, time__lt=end)) if forming else []
    closed = load_range(feed.session, feed.product, MINUTE, start=start, end=end)
    yield _events(feed, closed, MINUTE), MINUTE
    for time, price in opened:
        if time not in closed["time"]:
            bar = np.array([(time, price, price, price, price, 0.0)], CANDLE)
            yield _events(feed, bar, MINUTE)[:1], MINUTE


def _forming(feed: Feed) -> QuerySet[Candle, tuple[int, float]]:
    """Opening times and prices of minutes of which only the OPEN has happened."""
    rows = Candle.objects.filter(session=feed.session_id, product=feed.product_id, timeframe=MINUTE, closed=False)
    return rows.order_by("time").values_list("time", "open")


def _seconds(feed: Feed, start: int, end: int) -> Iterator[Part]:
    seconds = seconds_load(feed.session, feed.product, start=start, end=end)
    yield _events(feed, seconds, 1), 1
    over = end // MINUTE * MINUTE
    minutes = load_range(feed.session, feed.product, MINUTE, start=start, end=over) if over > start else seconds[:0]
    edges = np.searchsorted(seconds["time"], [minutes["time"], minutes["time"] + MINUTE])
    for minute, low, high in zip(minutes, *edges, strict=True):
        if low == high:
            yield _events(feed, minute.reshape(1), MINUTE), MINUTE
        else:
            yield from _rest(feed, minute, seconds[low:high])


def _rest(feed: Feed, minute: np.void, seconds: np.ndarray) -> Iterator[Part]:
    """What a minute shows beyond the seconds that were recorded of it: prices that they did not reach were traded after
    them. When is not known, so it has a BAR and no OPEN."""
    begins, end = int(seconds["time"][-1]) + 1, int(minute["time"]) + MINUTE
    volume = minute["volume"] - seconds["volume"].sum()
    high, low, last = seconds["high"].max(), seconds["low"].min(), seconds["close"][-1]
    beyond = minute["high"] > high or minute["low"] < low or minute["close"] != last
    if begins == end or not (beyond or volume > LEAST * minute["volume"]):
        return
    rest = np.zeros(1, CANDLE)
    rest["time"], rest["open"], rest["close"], rest["volume"] = begins, last, minute["close"], max(volume, 0.0)
    rest["high"] = minute["high"] if minute["high"] > high else max(last, minute["close"])
    rest["low"] = minute["low"] if minute["low"] < low else min(last, minute["close"])
    yield _events(feed, rest, end - begins)[1:], end - begins


def _events(feed: Feed, bars: np.ndarray, length: int) -> np.ndarray:
    """The OPEN and the BAR of each, in turn."""
    events = np.zeros(2 * len(bars), records.EVENT)
    opens, closes = events[::2], events[1::2]
    opens["kind"], closes["kind"] = EventKind.OPEN, EventKind.BAR
    opens["time"], closes["time"] = bars["time"], bars["time"] + length
    opens["position"], closes["position"] = 2 * opens["time"], 2 * closes["time"] - 1
    events["position"] += feed.session_id * SESSION_SPAN
    for name in PRICES:
        opens[name], closes[name] = bars["open"], bars[name]
    closes["volume"] = bars["volume"]
    return events
