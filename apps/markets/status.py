"""How a venue's stream is doing now, for pages, the command line and the API. Markets belong to nobody."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.markets.models import Feed, StreamState
from apps.markets.selectors import feed_age, feed_is_stale, feeds
from apps.operations.formats import price, short
from apps.operations.models import Ownership

ALIVE = timedelta(seconds=10)  # an owner beats every second


@dataclass(frozen=True)
class ProductStatus:
    """``age``: wall seconds since its market was known to be whole (live) or had an event (recording)."""

    symbol: str
    state: str  # 'live' or 'stale'
    age: float | None
    market_time: int
    price: str | None
    bid: str | None
    ask: str | None
    tick: str  # of its prices

    @property
    def shown(self) -> dict[str, str]:
        """Its prices as pages print them, with the decimals of the tick."""
        told = {"price": self.price, "bid": self.bid, "ask": self.ask}
        return {name: price(Decimal(value) if value else None, Decimal(self.tick)) for name, value in told.items()}


@dataclass(frozen=True)
class StreamStatus:
    """``word``: 'live', 'connecting', 'stopped' (by an operator) or 'not running'. Rates a second, lag in seconds."""

    venue: str
    word: str
    simulated: bool
    wanted: bool
    since: datetime | None
    age: float | None  # wall seconds since the last message
    connections: int
    gaps: int
    unreadable: int
    rate: float
    lag: float | None
    trouble: str
    products: list[ProductStatus]

    @property
    def oldest(self) -> float | None:
        """Age of the product that is silent for the longest; None when one never was heard or there is none."""
        ages = [product.age for product in self.products]
        known = [age for age in ages if age is not None]
        return max(known) if known and len(known) == len(ages) else None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "since": self.since.isoformat() if self.since else None}


def stream_status(venue: str) -> StreamStatus:
    """The venue's stream as it is now."""
    now = timezone.now()
    state = StreamState.objects.filter(venue=venue).first() or StreamState(venue=venue)
    rows = list(feeds(venue))
    simulated = all(feed.session.simulated for feed in rows)
    return StreamStatus(
        venue=venue, word=_word(state, now), simulated=simulated, wanted=state.wanted, since=state.since,
        age=(now - state.heard).total_seconds() if state.heard else None, connections=state.connections,
        gaps=state.gaps, unreadable=state.unreadable, rate=state.rate, lag=state.lag, trouble=state.trouble,
        products=[_product(feed, state, now) for feed in rows if simulated or _is_streamed(feed, state)],
    )  # fmt: skip


def _word(state: StreamState, now: datetime) -> str:
    if not state.wanted:
        return "stopped"
    owner = Ownership.objects.filter(name=f"stream:{state.venue}", beat__gte=now - ALIVE)
    if not owner.exists():
        return "not running"
    return "live" if state.connected else "connecting"


def _is_streamed(feed: Feed, state: StreamState) -> bool:
    """A product that nobody needs any more keeps its feed."""
    return not state.products or feed.product.symbol in state.products


def _product(feed: Feed, state: StreamState, now: datetime) -> ProductStatus:
    told = state.products.get(feed.product.symbol, {})
    last = told.get("price") or feed.price
    return ProductStatus(
        symbol=feed.product.symbol, state="stale" if feed_is_stale(feed, now) else "live", age=feed_age(feed, now),
        market_time=feed.market_time, price=None if last is None else repr(last), bid=told.get("bid"),
        ask=told.get("ask"), tick=short(feed.product.quote_increment),
    )  # fmt: skip
