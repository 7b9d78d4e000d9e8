"""The API of backtests: asked for, followed, cancelled, read, deleted."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from apps.backtests.checks import check_room
from apps.backtests.documents import result_document
from apps.backtests.models import Backtest, BacktestResult
from apps.backtests.queue import position
from apps.backtests.selectors import backtests, result_get
from apps.backtests.serializers import BacktestCreate, BacktestResultSerializer, BacktestSerializer, MarketSerializer
from apps.backtests.services import backtest_cancel, backtest_create, backtest_delete
from apps.backtests.sources import sources
from apps.backtests.views.files import trades_file
from apps.operations.api.idempotency import idempotent
from apps.operations.api.refusals import states_conflict
from apps.operations.api.schema import problems
from apps.operations.api.views import ApiViewSet
from engine.strategies.registry import REGISTRY


class CsvRenderer(BaseRenderer):
    """Text as it is; a problem stays JSON."""

    media_type, format, charset = "text/csv", "csv", "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return (data if isinstance(data, str) else json.dumps(data)).encode()


class BacktestFilter(filters.FilterSet):
    class Meta:
        model = Backtest
        fields = ("state", "strategy")


class BacktestViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    """The caller's backtests."""

    model, serializer_class, filterset_class = Backtest, BacktestSerializer, BacktestFilter
    lookup_value_regex = "[0-9a-f-]{36}"
    ordering = "-created"
    summaries = {"list": "List your backtests, newest first", "retrieve": "Get a backtest with its progress"}

    def rows(self) -> QuerySet[Backtest]:
        return backtests(self.user)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "before": lambda row: position(row) if row.is_open else 0}

    @extend_schema(request=BacktestCreate, responses={201: BacktestSerializer})
    @idempotent
    @problems(409)
    def create(self, request: Request) -> Response:
        """Ask for a backtest

        It waits for a worker: `GET /backtests/{id}/` shows how far it is, its `result/` what came of it. A user has at
        most five that wait or run.
        """
        asked = self.read(BacktestCreate)
        strategy = REGISTRY[asked["strategy"]]
        with transaction.atomic():
            with states_conflict():
                check_room(self.user)
            backtest = backtest_create(
                user=self.user, name=asked.get("name", strategy.title), strategy=strategy.name, params=asked["params"],
                controls=asked["controls"], market=asked["market"],
                timeframe=asked.get("timeframe", strategy.timeframe), start=_seconds(asked.get("start")),
                end=_seconds(asked.get("end")), cash=asked["cash"], fee=asked["fee"], slippage=asked["slippage"],
            )  # fmt: skip
        location = reverse("api:backtest-detail", [backtest.pk], request=request)
        return Response(self._shown(backtest), status.HTTP_201_CREATED, headers={"Location": location})

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a backtest and its result

        One that waits or runs is given up.
        """
        backtest_delete(backtest=self.get_object(), user=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    @problems(409)
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel a backtest that waits or runs

        At once; nothing of it is kept.
        """
        backtest = self.get_object()
        with states_conflict():
            backtest = backtest_cancel(backtest=backtest, user=self.user)
        return Response(self._shown(backtest))

    @extend_schema(responses=BacktestResultSerializer)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def result(self, request: Request, pk: str) -> Response:
        """Get what came of a backtest

        404 until it is done.
        """
        found = result_document(self._result())
        return Response({name: found[name] for name in map(str, BacktestResultSerializer().fields)})

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(
        detail=True, url_path="trades.csv", filterset_class=None, pagination_class=None,
        renderer_classes=[CsvRenderer, JSONRenderer],
    )  # fmt: skip
    def trades(self, request: Request, pk: str) -> Response:
        """Get a backtest's trades as CSV

        404 until it is done.
        """
        return Response(trades_file(self._result()).content.decode(), content_type="text/csv; charset=utf-8")

    @extend_schema(responses=MarketSerializer(many=True))
    @action(detail=False, filterset_class=None, pagination_class=None)
    def markets(self, request: Request) -> Response:
        """List the markets whose candles can be played"""
        return Response(MarketSerializer(sources(), many=True).data)

    def _result(self) -> BacktestResult:
        backtest = self.get_object()
        if backtest.state != Backtest.State.DONE:
            raise NotFound(f"This backtest has no result: it is {backtest.state}.")
        return result_get(self.user, backtest.pk)

    def _shown(self, backtest: Backtest) -> dict[str, Any]:
        return BacktestSerializer(backtest, context=self.get_serializer_context()).data


def _seconds(at: datetime | None) -> int | None:
    return int(at.timestamp()) if at else None


ROUTES = [("backtests", BacktestViewSet, "backtest")]
