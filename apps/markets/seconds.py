"""Recorded one-second bars: a chunk each time they are recorded, one a minute that is over, and one an hour."""

import hashlib
import zlib
from collections.abc import Mapping

import numpy as np
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.markets import registry
from apps.markets.candles import CorruptChunk
from apps.markets.models import Feed, MarketSession, Product, SecondChunk
from apps.operations.ownership import Owner
from engine.events import event_position, event_second
from engine.kinds import EventKind
from engine.records import CANDLE

HOUR = 3600


def seconds_commit(session: MarketSession, heard: Mapping[Product, np.ndarray], *, owner: Owner | None = None) -> None:
    """Records seconds that are over and tells the hooks of registry.on_seconds, all products in one transaction.

    Seconds that a feed has had are left out. Raises Fenced when ``owner`` was replaced; nothing is written then.
    """
    with transaction.atomic():
        if owner:
            owner.check()
        feeds = Feed.objects.select_for_update(of=("self",)).filter(product__in=heard).select_related("product")
        fresh, reached = {}, []
        for feed in feeds.order_by("pk"):
            bars = heard[feed.product]
            bars = bars[bars["time"] > event_second(feed.recorded)]
            if len(bars):
                last = int(bars["time"][-1])
                feed.recorded = event_position(session=session.pk, time=last, kind=EventKind.BAR, granularity=1)
                feed.updated = timezone.now()
                fresh[feed.product] = bars
                reached.append(feed)
        if not fresh:
            return
        SecondChunk.objects.bulk_create(_chunk(session, *each) for each in fresh.items())
        Feed.objects.bulk_update(reached, ["recorded", "updated"])
        for hook in registry.on_seconds:
            hook(fresh)


def seconds_merge(session: MarketSession, product: Product, start: int, length: int) -> int:
    """Puts the chunks of so many seconds that are over into one; how many there were. Safe to run again."""
    with transaction.atomic():
        rows = SecondChunk.objects.filter(
            session=session, product=product, seconds__lt=length, time__gte=start, time__lt=start + length
        )
        parts = list(rows.select_for_update().order_by("time"))
        if parts:
            SecondChunk.objects.filter(pk__in=[row.pk for row in parts]).delete()
            merged = _chunk(session, product, np.concatenate([_read(row) for row in parts]))
            merged.time, merged.seconds = start, length
            merged.save()
    return len(parts)


def seconds_load(session: MarketSession, product: Product, *, start: int, end: int) -> np.ndarray:
    """One-second bars with ``start`` <= opening time < ``end``, in time order. Raises CorruptChunk."""
    rows = SecondChunk.objects.filter(session=session, product=product, time__gt=start - HOUR, time__lt=end)
    parts = [_read(row) for row in rows.filter(time__gt=start - F("seconds")).order_by("time", "seconds")]
    bars = np.concatenate([np.zeros(0, CANDLE), *parts])
    return bars[(bars["time"] >= start) & (bars["time"] < end)]


def _chunk(session: MarketSession, product: Product, bars: np.ndarray) -> SecondChunk:
    data = zlib.compress(bars.tobytes())
    first, last = int(bars["time"][0]), int(bars["time"][-1])
    return SecondChunk(
        session=session, product=product, time=first, seconds=last - first + 1, bars=len(bars), data=data,
        sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip


def _read(row: SecondChunk) -> np.ndarray:
    data = bytes(row.data)
    digest = hashlib.sha256(data).hexdigest()
    if digest != row.sha256:
        raise CorruptChunk(f"second chunk {row.pk}: sha256 must be {row.sha256}, was {digest}")
    return np.frombuffer(zlib.decompress(data), dtype=CANDLE)
