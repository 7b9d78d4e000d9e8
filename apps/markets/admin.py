"""Operators read what is traded, what is played and how far, and which days of candles are stored."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.markets.condition import stream_switch
from apps.markets.models import CandleChunk, Feed, MarketSession, Product, QuarantinedTrade, SeriesDay, StreamState
from apps.markets.report import NAMES
from apps.markets.selectors import feed_age
from apps.markets.status import stream_status
from apps.operations.columns import exact, link, market_time
from apps.operations.deeds import Deed
from apps.operations.lists import ReadOnlyAdmin
from apps.operations.tallies import Tally, tallies


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
        "venue", "title", "simulated", "recording", "speed", "granularity", market_time("starts"),
        market_time("ends"), "opened", "closed",
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


def _switch(*, wanted: bool) -> Callable[[StreamState, Any, dict[str, Any]], object]:
    return lambda row, by, answers: stream_switch(venue=row.venue, wanted=wanted, by=by, **answers)


STOP = Deed(
    name="stop_stream",
    label="Stop stream",
    warning="The market stands still for everybody: no decisions, no fills, no entries, until the stream is started "
    "again. What was missed is fetched then.",
    needs="markets.switch_stream",
    run=_switch(wanted=False),
)
START = Deed(
    name="start_stream",
    label="Start stream",
    warning="The stream connects again and fetches what was missed.",
    needs="markets.switch_stream",
    run=_switch(wanted=True),
)


@admin.register(StreamState)
class StreamStateAdmin(ReadOnlyAdmin):
    """Starting and stopping a stream, and how it is doing."""

    list_display = ("venue", "wanted", "connected", "since", "heard", "rate", "lag", "gaps", "trouble")
    list_filter = ("wanted", "connected")
    search_fields = ("venue", "trouble")
    actions = [STOP, START]
    fields = (
        "venue", "word", "wanted", "connected", "since", "heard", "told", "connections", "gaps", "unreadable", "rate",
        "lag", "trouble", "products",
    )  # fmt: skip

    @admin.display(description="state")
    def word(self, row: StreamState) -> str:
        return stream_status(row.venue).word


@admin.register(SeriesDay)
class SeriesDayAdmin(ReadOnlyAdmin):
    list_display = (
        "day", link("product"), "trades", "minutes", "empty", "backfilled", "gaps", "lost", "duplicates", "late",
        "quarantined",
    )  # fmt: skip
    list_display_links = ("day",)
    list_filter = ("product__venue",)
    search_fields = ("product__symbol",)
    list_select_related = ("product",)
    ordering = ("-day", "product")
    fields = (
        "day", link("product"), link("session"), "trades", "minutes", "empty", "backfilled", "gaps", "lost",
        "duplicates", "late", "quarantined",
    )  # fmt: skip


@admin.register(QuarantinedTrade)
class QuarantinedTradeAdmin(ReadOnlyAdmin):
    list_display = ("at", link("product"), exact("price"), exact("size"), "reference", "number")
    list_filter = ("product__venue",)
    search_fields = ("product__symbol",)
    list_select_related = ("product",)
    fields = ("at", link("product"), link("session"), exact("price"), exact("size"), "reference", "number")


tallies += [
    Tally("Streams stopped", StreamState.objects.filter(wanted=False).count, "markets_streamstate", "wanted__exact=0"),
]
