"""Markets as JSON."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.markets.models import TIMEFRAMES, Feed, MarketSession, Product
from apps.markets.selectors import feed_age, feed_is_stale, session_banner, stream_wanted
from apps.operations.api.fields import Amount, Input, MarketTime, Price, Ratio

NAMES = {seconds: name for name, seconds in TIMEFRAMES.items()}


@extend_schema_field({"type": "string", "enum": list(TIMEFRAMES)})
class Timeframe(serializers.Field[int, str, str, Any]):
    """A bar's length by name; seconds inside."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str) or data not in TIMEFRAMES:
            raise serializers.ValidationError(f"must be one of {', '.join(TIMEFRAMES)}, was {data!r}")
        return TIMEFRAMES[data]

    def to_representation(self, value: int) -> str:
        return NAMES[value]


PRODUCT = {
    "id": 1, "venue": "replay", "symbol": "BTC-USD", "base": "BTC", "quote": "USD", "base_increment": "0.00000001",
    "quote_increment": "0.01", "base_min_size": "0.00000001", "quote_min_size": "1", "status": "online",
}  # fmt: skip


class ProductSerializer(serializers.ModelSerializer[Product]):
    """What can be traded at a venue, with the increments and minimums every order must meet."""

    base_increment, base_min_size = Amount(), Amount()
    quote_increment = Amount(help_text="The price tick.")
    quote_min_size = Amount(help_text="Least notional of an order, quote.")
    example = PRODUCT

    class Meta:
        model = Product
        fields = tuple(PRODUCT)
        read_only_fields = fields


class TickerSerializer(serializers.ModelSerializer[Feed]):
    """A product's last price. ``updated`` is wall time, ``market_time`` the market's own."""

    product = serializers.IntegerField(source="product_id", read_only=True)
    symbol = serializers.CharField(source="product.symbol", read_only=True)
    venue = serializers.CharField(source="product.venue", read_only=True)
    price = Price(allow_null=True)
    market_time = MarketTime(allow_null=True)
    example = {
        "product": 1, "symbol": "BTC-USD", "venue": "replay", "price": "9873.21",
        "market_time": "2020-02-10T14:05:00Z", "updated": "2026-01-01T12:00:00Z", "position": 3162585800,
    }  # fmt: skip

    class Meta:
        model = Feed
        fields = ("product", "symbol", "venue", "price", "market_time", "updated", "position")
        read_only_fields = fields


class CandleSerializer(serializers.Serializer[Any]):
    time = MarketTime(help_text="Opening time.")
    open, high, low, close = Price(), Price(), Price(), Price()
    volume = Price(help_text="Base.")


class CandlesSerializer(serializers.Serializer[Any]):
    """Closed bars in time order."""

    product = serializers.IntegerField()
    symbol = serializers.CharField()
    interval = Timeframe()
    candles = CandleSerializer(many=True)
    next = serializers.URLField(allow_null=True, help_text="Address of the bars before these, if there are any.")
    example = {
        "product": 1, "symbol": "BTC-USD", "interval": "1m", "next": None,
        "candles": [
            {"time": "2020-02-10T14:04:00Z", "open": "9871.5", "high": "9874", "low": "9871.5", "close": "9873.21",
             "volume": "1.20394"},
        ],
    }  # fmt: skip


class FeedSerializer(serializers.ModelSerializer[Feed]):
    """How far a product's stream is, and how long ago it last said something."""

    symbol = serializers.CharField(source="product.symbol", read_only=True)
    market_time = MarketTime(allow_null=True)
    age = serializers.SerializerMethodField(help_text="Wall seconds since the last event; null before the first.")
    stale = serializers.SerializerMethodField(help_text="A live market silent for too long: no entries, exits go on.")

    class Meta:
        model = Feed
        fields = ("product", "symbol", "position", "market_time", "updated", "age", "stale", "settled", "late")
        read_only_fields = fields

    def get_age(self, feed: Feed) -> float | None:
        return feed_age(feed, timezone.now())

    def get_stale(self, feed: Feed) -> bool:
        return feed_is_stale(feed, timezone.now())


class VenueSerializer(serializers.ModelSerializer[MarketSession]):
    """The market a venue plays now."""

    speed = serializers.FloatField(help_text="Market seconds a wall second; 0 = as fast as it settles.")
    granularity = serializers.IntegerField(help_text="Seconds of the bars that paper orders meet.")
    banner = serializers.SerializerMethodField(help_text="What to say of a market that is not real; else empty.")
    wanted = serializers.SerializerMethodField(help_text="Whether operators want the stream to run.")
    feeds = FeedSerializer(many=True)
    example = {
        "venue": "replay", "title": "recorded BTC-USD, February 2020", "simulated": True, "speed": 60.0,
        "granularity": 60, "banner": "Simulated market: recorded BTC-USD, February 2020, x60",
        "opened": "2026-01-01T11:00:00Z", "wanted": True,
        "feeds": [
            {"product": 1, "symbol": "BTC-USD", "position": 3162585800, "market_time": "2020-02-10T14:05:00Z",
             "updated": "2026-01-01T12:00:00Z", "age": 0.4, "stale": False, "settled": 3162585800, "late": 0},
        ],
    }  # fmt: skip

    class Meta:
        model = MarketSession
        fields = ("venue", "title", "simulated", "speed", "granularity", "banner", "opened", "wanted", "feeds")
        read_only_fields = fields

    def get_banner(self, session: MarketSession) -> str:
        return session_banner(session)

    def get_wanted(self, session: MarketSession) -> bool:
        return stream_wanted(session.venue)


class StreamProductSerializer(serializers.Serializer[Any]):
    """``age``: wall seconds since its market was known to be whole (live) or had an event (recording)."""

    symbol = serializers.CharField()
    state = serializers.ChoiceField(["live", "stale"])
    age = Ratio(allow_null=True)
    market_time = MarketTime(allow_null=True)
    price = serializers.CharField(allow_null=True)
    bid = serializers.CharField(allow_null=True)
    ask = serializers.CharField(allow_null=True)


class StreamSerializer(serializers.Serializer[Any]):
    """How a venue's stream is doing now. ``age``: wall seconds since the last message; ``lag`` in seconds."""

    venue = serializers.CharField()
    word = serializers.ChoiceField(["live", "connecting", "stopped", "not running"])
    simulated = serializers.BooleanField()
    wanted = serializers.BooleanField(help_text="Whether operators want it to run.")
    since = serializers.DateTimeField(allow_null=True)
    age = Ratio(allow_null=True)
    connections = serializers.IntegerField()
    gaps = serializers.IntegerField()
    unreadable = serializers.IntegerField()
    rate = Ratio(help_text="Messages a second.")
    lag = Ratio(allow_null=True)
    trouble = serializers.CharField(allow_blank=True)
    products = StreamProductSerializer(many=True)
    example = {
        "venue": "coinbase", "word": "live", "simulated": False, "wanted": True, "since": "2026-01-01T11:00:00Z",
        "age": 0.2, "connections": 1, "gaps": 0, "unreadable": 0, "rate": 41.5, "lag": 0.08, "trouble": "",
        "products": [
            {"symbol": "BTC-USD", "state": "live", "age": 0.2, "market_time": "2026-01-01T12:00:00Z",
             "price": "98732.1", "bid": "98732.09", "ask": "98732.1"},
        ],
    }  # fmt: skip


class SwitchInput(Input):
    reason = serializers.CharField(max_length=200, help_text="Stays in the audit trail.")
    example = {"reason": "maintenance of the exchange"}


class BarsQualitySerializer(serializers.Serializer[Any]):
    """What the stored bars of a window show; times of a finding are those of its first hundred bars."""

    timeframe = serializers.ChoiceField(list(TIMEFRAMES))
    bars = serializers.IntegerField()
    first = serializers.DateTimeField()
    last = serializers.DateTimeField()
    missing = serializers.IntegerField()
    usable = serializers.BooleanField()
    findings = serializers.DictField(child=serializers.DictField(), help_text="Title, count and times by check.")


class QualitySerializer(serializers.Serializer[Any]):
    """How good a series is. ``counted``: what its stream noted meanwhile; ``missing``: bars that should be there."""

    product = serializers.CharField()
    venue = serializers.CharField()
    sources = serializers.ListField(child=serializers.CharField())
    bars = BarsQualitySerializer(allow_null=True)
    counted = serializers.DictField(child=serializers.IntegerField())
    missing = serializers.IntegerField(allow_null=True)
    example = {
        "product": "BTC-USD", "venue": "coinbase", "sources": ["stream"], "missing": 0,
        "bars": {
            "timeframe": "1m", "bars": 10078, "first": "2026-01-01T00:00:00Z", "last": "2026-01-07T23:59:00Z",
            "missing": 2, "usable": True,
            "findings": {
                "gap": {"title": "gaps (no trade, an exchange halt, or lost data)", "count": 2,
                        "times": ["2026-01-02T03:04:00Z"]},
            },
        },
        "counted": {"trades": 812345, "minutes": 10078, "empty": 2, "backfilled": 0, "gaps": 0, "lost": 0,
                    "duplicates": 0, "late": 1, "quarantined": 0},
    }  # fmt: skip
