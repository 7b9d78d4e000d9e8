"""Operators read what is traded, what is played and how far, and which days of candles are stored."""

from datetime import timedelta

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.markets.models import CandleChunk, Feed, MarketSession, Product
from apps.markets.report import NAMES
from apps.markets.selectors import feed_age
from apps.operations.columns import exact, link, market_time
from apps.operations.lists import ReadOnlyAdmin


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    list_display = (
        "symbol", "venue", "status", exact("base_increment"), exact("quote_increment"), exact("base_min_size"),
        exact("quote_min_size"),
    )  # fmt: skip
    list_filter = ("venue", "status", "quote")
    search_fields = ("symbol",)
    fields = (
        "venue", "symbol", "base", "quote", "status", exact("base_increment"), exact("quote_increment"),
        exact("base_min_size"), exact("quote_min_size"),
    )  # fmt: skip


@admin.register(MarketSession)
class MarketSessionAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "venue", "title", "simulated", "speed", market_time("starts"), market_time("ends"), "opened", "closed",
    )  # fmt: skip
    list_display_links = ("id", "title")
    list_filter = ("venue", "simulated", ("closed", admin.EmptyFieldListFilter))
    search_fields = ("title", "recording")
    ordering = ("-id",)
    fields = (
        "venue", "title", "simulated", "recording", "speed", market_time("starts"), market_time("ends"), "opened",
        "closed",
    )  # fmt: skip


@admin.register(Feed)
class FeedAdmin(ReadOnlyAdmin):
    list_display = ("product", link("session"), market_time("market_time"), "price", "age", "settles", "late")
    list_filter = ("product__venue",)
    search_fields = ("product__symbol",)
    list_select_related = ("product", "session")
    fields = (
        link("product"), link("session"), market_time("market_time"), "price", "updated", "age", "position", "settled",
        "late",
    )  # fmt: skip

    @admin.display(description="silent for")
    def age(self, feed: Feed) -> timedelta | None:
        """Wall time since the last event."""
        seconds = feed_age(feed, timezone.now())
        return None if seconds is None else timedelta(seconds=round(seconds))

    @admin.display(description="settled", boolean=True)
    def settles(self, feed: Feed) -> bool:
        return feed.settled >= feed.position


@admin.register(CandleChunk)
class CandleChunkAdmin(ReadOnlyAdmin):
    list_display = ("day", link("product"), "timeframe_name", "bars", "revision", "source", link("session"))
    list_filter = ("product", "timeframe", "session__venue")
    search_fields = ("source", "product__symbol")
    list_select_related = ("product", "session")
    date_hierarchy = "day"
    ordering = ("-id",)
    fields = (
        link("session"), link("product"), "timeframe_name", "day", "bars", "revision", "source", "sha256",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[CandleChunk]:
        return super().get_queryset(request).defer("data")

    @admin.display(description="timeframe", ordering="timeframe")
    def timeframe_name(self, chunk: CandleChunk) -> str:
        return NAMES.get(chunk.timeframe, f"{chunk.timeframe} s")
