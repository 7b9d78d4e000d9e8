"""The API of orders: listed, followed, cancelled."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.own import own_accounts
from apps.operations.api.filters import FlagFilter, IdFilter, TimeFilter
from apps.operations.api.refusals import states_conflict
from apps.operations.api.schema import problems
from apps.operations.api.views import ApiViewSet
from apps.orders.models import Order
from apps.orders.selectors import orders
from apps.orders.serializers import OrderDetailSerializer, OrderSerializer
from apps.orders.services import order_cancel
from engine.orders.states import WORKING, OrderState


class OrderFilter(filters.FilterSet):
    account = filters.ModelChoiceFilter(queryset=own_accounts)
    product = filters.CharFilter(field_name="product__symbol")
    bot = IdFilter(method="of_bot", help_text="Id of a bot.")
    state = filters.ChoiceFilter(choices=[(state.value, state.value) for state in OrderState])
    working = FlagFilter(method="that_work", help_text="Not over yet.")
    since = TimeFilter(field_name="created", lookup_expr="gte", help_text="Inclusive.")
    until = TimeFilter(field_name="created", lookup_expr="lte", help_text="Inclusive.")

    class Meta:
        model = Order
        fields = ("account", "product", "bot", "state", "working", "side", "purpose", "since", "until")

    def of_bot(self, rows: QuerySet[Order], name: str, value: int) -> QuerySet[Order]:
        return rows.filter(holder=f"bot-{value}")

    def that_work(self, rows: QuerySet[Order], name: str, value: bool) -> QuerySet[Order]:
        return rows.filter(state__in=WORKING) if value else rows.exclude(state__in=WORKING)


class OrderViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    model, filterset_class = Order, OrderFilter
    summaries = {"list": "List your orders", "retrieve": "Get an order with its events and fills"}

    def rows(self) -> QuerySet[Order]:
        return orders(self.user)

    def get_serializer_class(self) -> Any:
        return OrderSerializer if self.action == "list" else OrderDetailSerializer

    @extend_schema(request=None, responses=OrderDetailSerializer)
    @action(detail=True, methods=["post"])
    @problems(409)
    def cancel(self, request: Request, pk: str) -> Response:
        """Ask for the cancel of a working order

        It is cancelled when the exchange says so; a fill that comes first wins. Asking twice does nothing more.
        """
        order = self.get_object()
        with states_conflict():
            order_cancel(order=order, user=self.user)
        return Response(OrderDetailSerializer(self.get_object()).data)


ROUTES = [("orders", OrderViewSet, "order")]
