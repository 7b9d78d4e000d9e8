"""The API of markets: products, prices, candles, and how the streams do. Everybody who is signed in sees them."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from apps.markets.candles import load
from apps.markets.condition import stream_switch
from apps.markets.models import Feed, MarketSession, Product
from apps.markets.quality import series_quality
from apps.markets.selectors import sessions_open
from apps.markets.serializers import (
    CandlesSerializer,
    ProductSerializer,
    QualitySerializer,
    StreamSerializer,
    SwitchInput,
    TickerSerializer,
    Timeframe,
    VenueSerializer,
)
from apps.markets.status import stream_status
from apps.operations.api.fields import iso
from apps.operations.api.paging import read_limit
from apps.operations.api.views import ApiViewSet

BARS, MOST_BARS = 300, 1000
VENUE = OpenApiParameter("venue", str, OpenApiParameter.PATH)


class ProductFilter(filters.FilterSet):
    class Meta:
        model = Product
        fields = ("venue", "symbol", "base", "quote", "status")


class CandleQuery(serializers.Serializer[Any]):
    """Bars that open at ``start`` or later and are closed by ``end``."""

    interval = Timeframe(default=60)
    start = serializers.DateTimeField(required=False)
    end = serializers.DateTimeField(required=False)


class QualityQuery(serializers.Serializer[Any]):
    interval = Timeframe(default=60)
    days = serializers.IntegerField(min_value=1, max_value=30, default=7)


class ProductViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    model, serializer_class, filterset_class = Product, ProductSerializer, ProductFilter
    parameters = {"candles": {"interval", "start", "end", "limit"}, "quality": {"interval", "days"}}
    ordering = "id"
    summaries = {"list": "List products", "retrieve": "Get a product"}

    def rows(self) -> QuerySet[Product]:
        return Product.objects.all()

    @extend_schema(responses=TickerSerializer)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def ticker(self, request: Request, pk: str) -> Response:
        """Get the last price of a product"""
        return Response(TickerSerializer(self._feed()).data)

    @extend_schema(
        responses=CandlesSerializer,
        parameters=[
            CandleQuery,
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST_BARS, "default": BARS}),
        ],
    )
    @action(detail=True, filterset_class=None, pagination_class=None)
    def candles(self, request: Request, pk: str) -> Response:
        """List closed candles of a product

        The newest `limit` bars of the stretch, in time order; `next` leads to the bars before them.
        """
        query = CandleQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        limit = read_limit(request, BARS, MOST_BARS)
        feed, asked = self._feed(), query.validated_data
        until = max(min(_seconds(asked.get("end"), feed.market_time), feed.market_time), 0)
        bars = load(feed.session, feed.product, asked["interval"], until=until, count=limit + 1)
        bars = bars[bars["time"] >= _seconds(asked.get("start"), 0)]
        shown = bars[-limit:]
        told = {
            "product": feed.product_id,
            "symbol": feed.product.symbol,
            "interval": asked["interval"],
            "candles": [dict(zip(bars.dtype.names, row, strict=True)) for row in shown.tolist()],
            "next": _before(request, int(shown["time"][0])) if len(bars) > limit else None,
        }
        return Response(CandlesSerializer(told).data)

    @extend_schema(responses=QualitySerializer, parameters=[QualityQuery])
    @action(detail=True, filterset_class=None, pagination_class=None)
    def quality(self, request: Request, pk: str) -> Response:
        """Judge the stored candles of a product

        Gaps, duplicates, bars without volume, and what the stream counted, over the last days of market time.
        """
        query = QualityQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        judged = series_quality(self._feed(), query.validated_data["interval"], query.validated_data["days"])
        return Response(judged.as_dict())

    def _feed(self) -> Feed:
        feed = Feed.objects.select_related("product", "session").filter(product=self.get_object()).first()
        if feed is None:
            raise NotFound("This product has no market data yet.")
        return feed


def _seconds(at: datetime | None, default: int) -> int:
    return int(at.timestamp()) if at else default


def _before(request: Request, time: int) -> str:
    return replace_query_param(request.build_absolute_uri(), "end", iso(datetime.fromtimestamp(time, UTC)))


class VenueViewSet(ListModelMixin, ApiViewSet):
    model, serializer_class = MarketSession, VenueSerializer
    pagination_class = None
    lookup_url_kwarg, lookup_value_regex = "venue", "[a-z0-9_-]{1,32}"
    summaries = {"list": "List venues and how their streams do"}

    def rows(self) -> QuerySet[MarketSession]:
        return sessions_open()

    @extend_schema(responses=StreamSerializer, parameters=[VENUE])
    @action(detail=True)
    def stream(self, request: Request, venue: str) -> Response:
        """Get how a venue's stream is doing"""
        return self._status(venue)

    @extend_schema(request=SwitchInput, responses=StreamSerializer, parameters=[VENUE])
    @action(detail=True, methods=["post"])
    def start(self, request: Request, venue: str) -> Response:
        """Start a venue's stream again, as an operator

        It connects and fetches what was missed.
        """
        return self._switch(venue, wanted=True)

    @extend_schema(request=SwitchInput, responses=StreamSerializer, parameters=[VENUE])
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, venue: str) -> Response:
        """Stop a venue's stream, as an operator

        The market stands still for everybody until it is started again.
        """
        return self._switch(venue, wanted=False)

    def _switch(self, venue: str, *, wanted: bool) -> Response:
        if not self.user.has_perm("markets.switch_stream"):
            raise PermissionDenied("Only operators start and stop streams.")
        self._find(venue)
        stream_switch(venue=venue, wanted=wanted, by=self.user, reason=self.read(SwitchInput)["reason"])
        return self._status(venue)

    def _find(self, venue: str) -> None:
        if not self.get_queryset().filter(venue=venue).exists():
            raise NotFound(f"Nothing is played at {venue}.")

    def _status(self, venue: str) -> Response:
        self._find(venue)
        return Response(StreamSerializer(stream_status(venue)).data)


ROUTES = [("market/products", ProductViewSet, "product"), ("market/venues", VenueViewSet, "venue")]
