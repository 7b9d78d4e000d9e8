"""Open positions."""

from uuid import uuid4

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from apps.accounts.api.own import own_accounts
from apps.ledger.models import Position
from apps.ledger.selectors import positions
from apps.operations.api.filters import IdFilter
from apps.operations.api.idempotency import idempotent
from apps.operations.api.refusals import conflicts
from apps.operations.api.schema import problems
from apps.operations.api.views import ApiViewSet
from apps.orders.manual import position_close
from apps.orders.serializers.orders import OrderDetailSerializer
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

    @extend_schema(request=None, responses={201: OrderDetailSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    @problems(409)
    def close(self, request: Request, pk: str) -> Response:
        """Close a position held by hand

        What works in its market by hand is cancelled, advanced orders too; then all of it is sold at market, whatever
        is halted. Answers with the sale. A sale that is on its way already is answered again. A bot's position is
        closed with its bot.
        """
        with conflicts("position"):
            order = position_close(user=self.user, position=self.get_object(), request=uuid4().hex)
        location = reverse("api:order-detail", [order.pk], request=request)
        return Response(OrderDetailSerializer(order).data, status.HTTP_201_CREATED, headers={"Location": location})
