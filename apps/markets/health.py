"""Is the market alive, and how old is what we know of it?"""

from collections.abc import Iterable

from django.conf import settings
from django.utils import timezone
from prometheus_client.core import Metric

from apps.markets.models import Feed
from apps.operations.health.checks import Check, Status, owner
from apps.operations.metrics.exposition import gauge

STALE = 120.0  # seconds without an event, after which no account would open a position


def stream() -> Check:
    """The process that plays or reads the market."""
    return owner("stream", f"stream:{settings.MARKET}", "the stream")


def feed() -> Check:
    """The newest event of any product that is being played."""
    newest = Feed.objects.filter(session__closed=None, updated__isnull=False).order_by("-updated").first()
    if newest is None or newest.updated is None:
        return Check("feed", Status.DEGRADED, "no market event has come yet", None, STALE)
    age = (timezone.now() - newest.updated).total_seconds()
    if age > STALE:
        return Check("feed", Status.DEGRADED, f"no market event for {age:.0f} s", age, STALE)
    return Check("feed", Status.OK, "market events come", age, STALE)


def feed_gauges() -> Iterable[Metric]:
    feeds = list(Feed.objects.filter(session__closed=None, updated__isnull=False).select_related("product"))
    now = timezone.now()
    labels = [{"venue": feed.product.venue, "product": feed.product.symbol} for feed in feeds]
    ages = [(now - feed.updated).total_seconds() if feed.updated else None for feed in feeds]
    yield gauge(
        "tradingsite_feed_age_seconds", "wall time since the product's last event", zip(labels, ages, strict=True)
    )
    yield gauge(
        "tradingsite_feed_late_events",
        "events of this session that did not settle in time",
        zip(labels, [feed.late for feed in feeds], strict=True),
    )
