"""Open positions."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.own import own_accounts
from apps.ledger.models import Position
from apps.ledger.selectors import positions
from apps.operations.api.filters import IdFilter
from apps.operations.api.views import ApiViewSet
from apps.portfolio.holdings import holdings_among
from apps.portfolio.serializers.positions import PositionSerializer


class PositionFilter(filters.FilterSet):
    account = filters.ModelChoiceFilter(queryset=own_accounts)
    product = filters.CharFilter(field_name="product__symbol")
    bot = IdFilter(method="of_bot", help_text="Id of a bot.")

    class Meta:
        model = Position
        fields: tuple[str, ...] = ("account", "product", "bot")

    def of_bot(self, rows: QuerySet[Position], name: str, value: int) -> QuerySet[Position]:
        return rows.filter(holder=f"bot-{value}")


class PositionViewSet(ApiViewSet):
    model, serializer_class, filterset_class = Position, PositionSerializer, PositionFilter

    def rows(self) -> QuerySet[Position]:
        return positions(self.user).filter(closed=None)

    def list(self, request: Request) -> Response:
        """List your open positions"""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(PositionSerializer(holdings_among(self.user, page or []), many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Get an open position"""
        return Response(PositionSerializer(holdings_among(self.user, [self.get_object()])[0]).data)
