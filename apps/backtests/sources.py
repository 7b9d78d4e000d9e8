"""Where the candles of a backtest come from: a recording that comes with the project, or what is stored of a market.

The web process reads this for its forms; nothing here opens a candle file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.db.models import Max, Min

from apps.markets.models import TIMEFRAMES, Candle, CandleChunk, MarketSession, Product
from apps.markets.recordings import RECORDINGS, Listing, Recording
from apps.markets.rules import product_rules
from engine.config import ProductRules

DAY = 86_400
NAMED = 10  # markets that a refusal lists
Span = tuple[int, int]  # first opening time and the end of the last bar, seconds UTC


@dataclass(frozen=True)
class Source:
    """A market that can be played again. ``spans`` names the stretch of its candles by their timeframe."""

    key: str
    title: str
    rules: ProductRules
    quote: str
    spans: dict[int, Span]
    product: Product | None = None
    session: MarketSession | None = None

    @property
    def span(self) -> Span:
        return min(first for first, _ in self.spans.values()), max(end for _, end in self.spans.values())

    def granularity(self, timeframe: int, start: int, end: int) -> int | None:
        """The finest bars that make up ``timeframe`` and reach as far back into the range as any; None when no bar of
        the range does."""
        fitting = {
            seconds: max(first, start) // timeframe
            for seconds, (first, last) in self.spans.items()
            if timeframe % seconds == 0 and first < end and last > start
        }
        return min(fitting, key=lambda seconds: (fitting[seconds], seconds)) if fitting else None


def sources() -> list[Source]:
    """Everything that can be played now, recordings first."""
    return [*_recorded(), *_stored()]


def source_find(key: str) -> Source:
    """Raises ValidationError for what cannot be played."""
    found = {source.key: source for source in sources()}
    if key not in found:
        some = ", ".join([*found][:NAMED])
        more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        raise ValidationError({"market": f"must be one of {some}{more}, was {key[:120]!r}"})
    return found[key]


def recording_listing(key: str) -> Listing | None:
    """What a key 'recording/NAME/SYMBOL' names; None for another or an unknown one."""
    kind, _, rest = key.partition("/")
    name, _, symbol = rest.partition("/")
    if kind != "recording" or name not in RECORDINGS:
        return None
    return next((listing for listing in RECORDINGS[name].listings if listing.symbol == symbol), None)


def _recorded() -> Iterator[Source]:
    for recording in RECORDINGS.values():
        for listing in recording.listings:
            yield _of_listing(recording, listing)


def _of_listing(recording: Recording, listing: Listing) -> Source:
    rules = ProductRules(
        symbol=listing.symbol, tick=listing.quote_increment, lot=listing.base_increment,
        min_size=listing.base_min_size, min_notional=listing.quote_min_size,
    )  # fmt: skip
    title = recording.title if listing.symbol in recording.title else f"{listing.symbol}, {recording.title}"
    return Source(
        key=f"recording/{recording.key}/{listing.symbol}", title=title[:1].upper() + title[1:], rules=rules,
        quote=listing.symbol.partition("-")[2], spans={60: (listing.starts, listing.ends)},
    )  # fmt: skip


def _stored() -> Iterator[Source]:
    """Products of open sessions of which candles are stored."""
    spans: dict[tuple[int, int], dict[int, Span]] = {}
    series = ("session", "product", "timeframe")
    chunks = CandleChunk.objects.filter(session__closed=None, timeframe__in=TIMEFRAMES.values())
    for session, product, seconds, first, last in (
        chunks.values_list(*series).annotate(Min("day"), Max("day")).order_by(*series)
    ):
        days = (_seconds(first), _seconds(last) + DAY)
        spans.setdefault((session, product), {})[seconds] = days
    rows = Candle.objects.filter(session__closed=None, closed=True, timeframe__in=TIMEFRAMES.values())
    for session, product, seconds, first, last in (
        rows.values_list(*series).annotate(Min("time"), Max("time")).order_by(*series)
    ):
        known = spans.setdefault((session, product), {})
        before, after = known.get(seconds, (first, 0))
        known[seconds] = (min(first, before), max(last + seconds, after))
    sessions = MarketSession.objects.in_bulk({session for session, _ in spans})
    products = Product.objects.in_bulk({product for _, product in spans})
    for session_id, product_id in sorted(spans, key=lambda pair: (products[pair[1]].venue, products[pair[1]].symbol)):
        yield _of_product(sessions[session_id], products[product_id], spans[session_id, product_id])


def _of_product(session: MarketSession, product: Product, spans: dict[int, Span]) -> Source:
    what = "played so far" if session.simulated else "stored candles"
    return Source(
        key=f"stored/{product.pk}", title=f"{product.symbol} at {product.venue}, {what}", rules=product_rules(product),
        quote=product.quote, spans=spans, product=product, session=session,
    )  # fmt: skip


def _seconds(day: datetime) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
