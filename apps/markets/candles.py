"""Stored candles: today's bars are rows, a past day of a series is one binary chunk."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Literal

import numpy as np
import psycopg
from django.db import connection, transaction
from django.db.models import F, Max, QuerySet

from apps.markets.models import TIMEFRAMES, Candle, CandleChunk, MarketSession, Product
from engine.candles import aggregate
from engine.records import CANDLE

DAY = 86_400
BAR = ("time", "open", "high", "low", "close", "volume")  # the fields of CANDLE


class CorruptChunk(Exception):
    """A stored day of candles is not what was written."""


class DaysExist(ValueError):
    """Days that would be overwritten."""

    def __init__(self, days: list[date]) -> None:
        self.days = days
        super().__init__(f"{len(days)} of the days are stored already, the first is {days[0]}")


def day_of(seconds: int) -> date:
    """The UTC day of a market time."""
    return datetime.fromtimestamp(seconds, UTC).date()


def load(session: MarketSession, product: Product, timeframe: int, *, until: int, count: int) -> np.ndarray:
    """The last ``count`` closed bars (fewer when there are no more) whose close is not after ``until``, in time order.

    ``timeframe`` and times in seconds; CANDLE records. Raises CorruptChunk.
    """
    series = Candle.objects.filter(session=session, product=product, timeframe=timeframe, closed=True)
    # Rows first: a day that is compacted between the two reads then comes twice, not never, and is cut below.
    rows = _records(series.filter(time__lte=until - timeframe).order_by("-time")[:count])[::-1]
    parts = [rows]
    missing = count - len(rows)
    before = int(rows["time"][0]) if len(rows) else until - timeframe + 1
    while missing > 0:
        days = _newest(session, product, timeframe).filter(day__lte=day_of(before - 1)).order_by("-day", "-revision")
        chunks = _fetch(days[: missing * timeframe // DAY + 2])
        if not chunks:
            break
        older = [bars[bars["time"] < before] for bars in chunks]
        parts += older
        missing -= sum(map(len, older))
        before = int(chunks[-1]["time"][0] // DAY * DAY)
    return np.concatenate(parts[::-1])[-count:]


def load_range(session: MarketSession, product: Product, timeframe: int, *, start: int, end: int) -> np.ndarray:
    """All closed bars with ``start`` <= opening time < ``end``, in time order. Raises CorruptChunk."""
    series = Candle.objects.filter(session=session, product=product, timeframe=timeframe, closed=True)
    rows = _records(series.filter(time__gte=start, time__lt=end).order_by("time"))
    before = int(rows["time"][0]) if len(rows) else end
    if before <= start:
        return rows
    days = _newest(session, product, timeframe).filter(day__gte=day_of(start), day__lte=day_of(before - 1))
    parts = [bars[(bars["time"] >= start) & (bars["time"] < before)] for bars in _fetch(days)]
    return np.concatenate([*parts, rows])


def store_days(
    session: MarketSession, product: Product, timeframe: int, candles: np.ndarray, *, source: str,
    existing: Literal["refuse", "replace", "keep"] = "refuse",
) -> list[date]:  # fmt: skip
    """Stores whole past days as chunks, in one transaction; the days that were written.

    Days that are stored already raise DaysExist, or get a new revision (the bars that were decided on stay in the
    earlier one), or are kept as they are.
    """
    days = dict(_by_day(candles))
    with transaction.atomic():
        stored = CandleChunk.objects.filter(session=session, product=product, timeframe=timeframe, day__in=days)
        revisions = dict(stored.values_list("day").annotate(Max("revision")))
        if revisions and existing == "refuse":
            raise DaysExist(sorted(revisions))
        written = [day for day in days if existing == "replace" or day not in revisions]
        CandleChunk.objects.bulk_create(
            _chunk(session, product, timeframe, day, days[day], source=source, revision=revisions.get(day, 0) + 1)
            for day in written
        )
    return written


def store_history(
    session: MarketSession, product: Product, candles: np.ndarray, timeframe: int, *, source: str
) -> None:
    """Stores past bars in their timeframe and in every higher one that they fill, for charts and for warm-up."""
    store_days(session, product, timeframe, candles, source=source)
    for seconds, bars in higher_timeframes(candles, timeframe).items():
        store_days(session, product, seconds, bars, source=f"{source}, aggregated")


def higher_timeframes(candles: np.ndarray, timeframe: int) -> dict[int, np.ndarray]:
    """Whole bars of each higher timeframe that ``timeframe`` divides; bars cut off at either end are left out."""
    first, end = int(candles["time"][0]), int(candles["time"][-1]) + timeframe
    result = {}
    for seconds in TIMEFRAMES.values():
        if seconds > timeframe and seconds % timeframe == 0:
            bars = aggregate(candles, seconds)
            bars = bars[(bars["time"] >= first) & (bars["time"] + seconds <= end)]
            if len(bars):
                result[seconds] = bars
    return result


def compact_day(session: MarketSession, product: Product, day: date) -> int:
    """Turns the closed rows of a past day into one chunk for each timeframe; the number of rows. Safe to run again."""
    start = _start(day)
    with transaction.atomic():
        rows = Candle.objects.filter(
            session=session, product=product, closed=True, time__gte=start, time__lt=start + DAY
        )
        pks = list(rows.select_for_update().values_list("pk", flat=True))
        rows = Candle.objects.filter(pk__in=pks)
        for timeframe in sorted(set(rows.values_list("timeframe", flat=True))):
            bars = _records(rows.filter(timeframe=timeframe).order_by("time"))
            earlier = load_range(session, product, timeframe, start=start, end=int(bars["time"][0]))
            both = np.concatenate([earlier, bars])
            store_days(session, product, timeframe, both, source="stream", existing="replace")
        rows.delete()
    return len(pks)


def compact_past(session: MarketSession, *, before: int) -> int:
    """Compacts every day that ended at or before ``before`` (market seconds); the number of rows."""
    rows = Candle.objects.filter(session=session, closed=True, time__lt=before - before % DAY)
    days = rows.annotate(start=F("time") - F("time") % DAY).values_list("product", "start").distinct()
    products = Product.objects.in_bulk({product for product, _ in days})
    return sum(compact_day(session, products[product], day_of(start)) for product, start in sorted(days))


def _newest(session: MarketSession, product: Product, timeframe: int) -> QuerySet[CandleChunk]:
    """The last revision of each day."""
    chunks = CandleChunk.objects.filter(session=session, product=product, timeframe=timeframe)
    return chunks.distinct("day").order_by("day", "-revision")


def _fetch(chunks: QuerySet[CandleChunk]) -> list[np.ndarray]:
    """The bars of each chunk. Asks for binary results: as text, which Django reads, they are twice as long."""
    sql, params = chunks.values_list("pk", "sha256", "data").query.sql_with_params()
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        rows = cursor.execute(sql, params, binary=True).fetchall()
    for pk, sha256, data in rows:
        digest = hashlib.sha256(data).hexdigest()
        if digest != sha256:
            raise CorruptChunk(f"candle chunk {pk}: sha256 must be {sha256}, was {digest}")
    return [np.frombuffer(data, dtype=CANDLE) for _, _, data in rows]


def _chunk(
    session: MarketSession, product: Product, timeframe: int, day: date, bars: np.ndarray, *, source: str, revision: int
) -> CandleChunk:
    data = bars.tobytes()
    return CandleChunk(
        session=session, product=product, timeframe=timeframe, day=day, bars=len(bars), data=data,
        sha256=hashlib.sha256(data).hexdigest(), source=source, revision=revision,
    )  # fmt: skip


def _by_day(candles: np.ndarray) -> Iterator[tuple[date, np.ndarray]]:
    days = candles["time"] // DAY
    for part in np.split(candles, np.flatnonzero(np.diff(days)) + 1):
        if len(part):
            yield day_of(int(part["time"][0])), part


def _records(rows: QuerySet[Candle]) -> np.ndarray:
    return np.array(list(rows.values_list(*BAR)), dtype=CANDLE)


def _start(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
