"""Recorded one-second bars: a chunk a minute, and one an hour once the hour is over."""

import hashlib
import zlib

import numpy as np
from django.db import transaction

from apps.markets.candles import CorruptChunk
from apps.markets.models import MarketSession, Product, SecondChunk
from apps.markets.sources import MINUTE
from engine.records import CANDLE

HOUR = 3600


def seconds_store(session: MarketSession, product: Product, minute: int, bars: np.ndarray) -> None:
    """Keeps the seconds of a minute; a minute without a trade has no row. Safe to run again."""
    if len(bars):
        _write(session, product, minute, MINUTE, bars)


def seconds_compact(session: MarketSession, product: Product, hour: int) -> int:
    """Puts the minutes of an hour that is over into one chunk; the number of minutes."""
    with transaction.atomic():
        rows = SecondChunk.objects.filter(
            session=session, product=product, seconds=MINUTE, time__gte=hour, time__lt=hour + HOUR
        )
        minutes = list(rows.select_for_update().order_by("time"))
        if minutes:
            _write(session, product, hour, HOUR, np.concatenate([_read(row) for row in minutes]))
            SecondChunk.objects.filter(pk__in=[row.pk for row in minutes]).delete()
    return len(minutes)


def seconds_load(session: MarketSession, product: Product, *, start: int, end: int) -> np.ndarray:
    """One-second bars with ``start`` <= opening time < ``end``, in time order. Raises CorruptChunk."""
    rows = SecondChunk.objects.filter(session=session, product=product, time__gt=start - HOUR, time__lt=end)
    parts = [_read(row) for row in rows.order_by("time", "seconds")]
    bars = np.concatenate([np.zeros(0, CANDLE), *parts])
    return bars[(bars["time"] >= start) & (bars["time"] < end)]


def _write(session: MarketSession, product: Product, time: int, seconds: int, bars: np.ndarray) -> None:
    data = zlib.compress(bars.tobytes())
    SecondChunk.objects.update_or_create(
        session=session, product=product, time=time, seconds=seconds,
        defaults={"bars": len(bars), "data": data, "sha256": hashlib.sha256(data).hexdigest()},
    )  # fmt: skip


def _read(row: SecondChunk) -> np.ndarray:
    data = bytes(row.data)
    digest = hashlib.sha256(data).hexdigest()
    if digest != row.sha256:
        raise CorruptChunk(f"second chunk {row.pk}: sha256 must be {row.sha256}, was {digest}")
    return np.frombuffer(zlib.decompress(data), dtype=CANDLE)
