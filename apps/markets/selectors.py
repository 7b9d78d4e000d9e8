"""Reading markets. Markets belong to nobody: everybody sees them."""

from datetime import datetime

from django.db.models import QuerySet

from apps.markets.models import Feed, MarketSession, Product


def products(venue: str) -> QuerySet[Product]:
    """Products of the venue that can be traded."""
    return Product.objects.filter(venue=venue, status=Product.Status.ONLINE)


def session_current(venue: str) -> MarketSession | None:
    return MarketSession.objects.filter(venue=venue, closed=None).first()


def session_banner(session: MarketSession) -> str:
    """What every page says of a market that is not real; empty for a real one."""
    if not session.simulated:
        return ""
    speed = f"x{session.speed:g}" if session.speed else "as fast as it settles"
    return f"Simulated market: {session.title}, {speed}"


def feeds(venue: str) -> QuerySet[Feed]:
    """Where the venue's products stand in the session that is open."""
    current = Feed.objects.filter(product__venue=venue, session__closed=None)
    return current.select_related("product", "session").order_by("product__symbol")


def feed_age(feed: Feed, now: datetime) -> float | None:
    """Wall seconds since the feed's last event; None before the first."""
    return max((now - feed.updated).total_seconds(), 0.0) if feed.updated else None
