"""Closed trades, one by one and summed up."""

from typing import Any

from django.db.models import F, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from apps.ledger.models import Position
from apps.operations.api.filters import TimeFilter
from apps.operations.api.views import ApiViewSet
from apps.portfolio.api.positions import PositionFilter
from apps.portfolio.serializers.positions import TotalsSerializer, TradeSerializer
from apps.portfolio.trades import REASONS, totals, trades


class TradeFilter(PositionFilter):
    since = TimeFilter(field_name="closed", lookup_expr="gte", help_text="Market time, inclusive.")
    until = TimeFilter(field_name="closed", lookup_expr="lte", help_text="Market time, inclusive.")
    result = filters.ChoiceFilter(choices=[("win", "win"), ("loss", "loss")], method="with_result")
    reason = filters.ChoiceFilter(choices=[(reason, reason) for reason in REASONS if reason])
    run = filters.ChoiceFilter(
        choices=[("current", "current"), ("all", "all")],
        method="keep",
        help_text="The accounts' present run by default.",
    )

    class Meta(PositionFilter.Meta):
        fields = ("account", "product", "bot", "since", "until", "result", "reason", "run")

    def with_result(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(net__gt=0) if value == "win" else rows.filter(net__lte=0)

    def keep(self, rows: QuerySet[Position], name: str, value: str) -> QuerySet[Position]:
        return rows

    def filter_queryset(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        found = super().filter_queryset(rows)
        whole = self.form.cleaned_data["run"] == "all"
        return found if whole else found.filter(generation=F("account__generation"))


class TradeViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    model, serializer_class, filterset_class = Position, TradeSerializer, TradeFilter
    parameters = {"totals": set(TradeFilter.base_filters)}
    ordering = "-closed"
    summaries = {"list": "List your closed trades", "retrieve": "Get a closed trade"}

    def rows(self) -> QuerySet[Position]:
        return trades(self.user)

    @extend_schema(responses=TotalsSerializer, filters=True)
    @action(detail=False, pagination_class=None)
    def totals(self, request: Request) -> Response:
        """Sum up your closed trades"""
        return Response(TotalsSerializer(totals(self.filter_queryset(self.get_queryset()))).data)
