"""How good the stored data of a series is: what its bars lack, and what was counted while they were streamed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet, Sum

from apps.markets.candles import DAY, load_range
from apps.markets.models import Candle, CandleChunk, Feed, Product, QuarantinedTrade, SeriesDay
from apps.markets.report import quality_json
from apps.markets.selectors import feeds
from engine.quality import Finding, Quality, examine

SHOWN = 20  # trades that were not believed


@dataclass(frozen=True)
class Counted:
    """Sums over days; see SeriesDay."""

    trades: int = 0
    minutes: int = 0
    empty: int = 0
    backfilled: int = 0
    gaps: int = 0
    lost: int = 0
    duplicates: int = 0
    late: int = 0
    quarantined: int = 0


COUNTED = tuple(field.name for field in fields(Counted))


@dataclass(frozen=True)
class SeriesQuality:
    """``bars`` None: there is none in the window; ``sources``: where they came from."""

    product: Product
    timeframe: int
    bars: Quality | None
    counted: Counted
    sources: Sequence[str]

    @property
    def findings(self) -> Sequence[Finding]:
        return self.bars.findings if self.bars else ()

    @property
    def zero_volume(self) -> int:
        """Bars without volume."""
        return sum(len(finding.times) for finding in self.findings if finding.check == "zero_volume")

    @property
    def missing(self) -> int | None:
        """Bars that the gaps lack. In a minute without a trade there is none, and none is missed."""
        if self.bars is None:
            return None
        return max(self.bars.missing - self.counted.empty, 0) if self.timeframe == 60 else self.bars.missing

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "product": self.product.symbol, "venue": self.product.venue, "sources": list(self.sources),
            "bars": quality_json(self.bars) if self.bars else None, "counted": asdict(self.counted),
            "missing": self.missing,
        }  # fmt: skip


def series_quality(feed: Feed, timeframe: int, days: int) -> SeriesQuality:
    """Of the last ``days`` days of market time, ``timeframe`` in seconds. Raises CorruptChunk."""
    start = feed.market_time // DAY * DAY - (days - 1) * DAY
    bars = load_range(feed.session, feed.product, timeframe, start=start, end=feed.market_time)
    return SeriesQuality(
        product=feed.product, timeframe=timeframe, bars=examine(bars, timeframe) if len(bars) else None,
        counted=_counted(feed, start), sources=_sources(feed, timeframe, start),
    )  # fmt: skip


def venue_quality(venue: str, timeframe: int, days: int) -> list[SeriesQuality]:
    """Of every product that the venue's session has played."""
    return [series_quality(feed, timeframe, days) for feed in feeds(venue)]


def quarantined(feed: Feed) -> QuerySet[QuarantinedTrade]:
    """The newest trades of the product that were not believed."""
    return QuarantinedTrade.objects.filter(session=feed.session, product=feed.product)[:SHOWN]


def days_counted(feed: Feed, days: int) -> QuerySet[SeriesDay]:
    """What was counted day by day, the newest first."""
    first = datetime.fromtimestamp(feed.market_time, UTC).date() - timedelta(days=days - 1)
    return SeriesDay.objects.filter(session=feed.session, product=feed.product, day__gte=first).order_by("-day")


def _counted(feed: Feed, start: int) -> Counted:
    rows = SeriesDay.objects.filter(
        session=feed.session, product=feed.product, day__gte=datetime.fromtimestamp(start, UTC).date()
    )
    sums = rows.aggregate(**{name: Sum(name) for name in COUNTED})
    return Counted(**{name: total or 0 for name, total in sums.items()})


def _sources(feed: Feed, timeframe: int, start: int) -> list[str]:
    place = {"session": feed.session, "product": feed.product, "timeframe": timeframe}
    first = datetime.fromtimestamp(start, UTC).date()
    chunks = CandleChunk.objects.filter(**place, day__gte=first).values_list("source", flat=True)
    named = {source or "recording" for source in chunks.distinct()}
    if Candle.objects.filter(**place, closed=True, time__gte=start).exists():
        named.add("stream")
    return sorted(named)
