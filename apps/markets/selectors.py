"""Reading markets. Markets belong to nobody: everybody sees them."""

from datetime import datetime

from django.conf import settings
from django.db.models import Max, Prefetch, QuerySet

from apps.markets.models import Feed, MarketSession, Product, StreamState
from apps.operations.venues import PRETENDED


def products(venue: str) -> QuerySet[Product]:
    """Products of the venue that can be traded."""
    return Product.objects.filter(venue=venue, status=Product.Status.ONLINE)


def session_current(venue: str) -> MarketSession | None:
    return MarketSession.objects.filter(venue=venue, closed=None).first()


def session_banner(session: MarketSession) -> str:
    """What every page says of a market that is not real; empty for a real one."""
    if session.venue not in PRETENDED:
        return ""
    if not session.simulated:  # it happens in real time, as a real one does
        return f"Simulated market: {session.title}"
    speed = f"x{session.speed:g}" if session.speed else "as fast as it settles"
    return f"Simulated market: {session.title}, {speed}"


def sessions_open() -> QuerySet[MarketSession]:
    """What every venue plays now, with the feeds of its products."""
    feeds = Feed.objects.select_related("product", "session").order_by("product__symbol")
    return MarketSession.objects.filter(closed=None).prefetch_related(Prefetch("feeds", feeds)).order_by("venue")


def feeds(venue: str) -> QuerySet[Feed]:
    """Where the venue's products stand in the session that is open."""
    current = Feed.objects.filter(product__venue=venue, session__closed=None)
    return current.select_related("product", "session").order_by("product__symbol")


def market_time(venue: str) -> int | None:
    """The newest market time (seconds UTC) of the venue's open session; None while there is none."""
    time: int | None = Feed.objects.filter(session__venue=venue, session__closed=None).aggregate(
        time=Max("market_time")
    )["time"]
    return time


def feed_age(feed: Feed, now: datetime) -> float | None:
    """Wall seconds since the feed's last event, of a live market since it was last known to be whole; None before."""
    heard = feed.heard or feed.updated
    return max((now - heard).total_seconds(), 0.0) if heard else None


def feed_is_stale(feed: Feed, now: datetime) -> bool:
    """Whether a live market has been silent for too long to enter it. A recording is never stale: it waits."""
    if feed.session.simulated:
        return False
    age = feed_age(feed, now)
    return age is None or age > settings.STALE_AFTER


def market_now(feed: Feed, now: datetime) -> int:
    """Market time in seconds: that of the last event in a recording, wall time in a live market."""
    return feed.market_time if feed.session.simulated else max(feed.market_time, int(now.timestamp()))


def stream_wanted(venue: str) -> bool:
    """Whether operators want the venue's stream to run; nobody has to say so first."""
    return not StreamState.objects.filter(venue=venue, wanted=False).exists()
