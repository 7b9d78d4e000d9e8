"""Orders: listed and followed, placed by hand, edited, cancelled."""

from typing import Any
from uuid import uuid4

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import ValidationError

from apps.accounts.api.own import own_accounts
from apps.ledger.holders import MANUAL
from apps.markets.models import Product
from apps.markets.selectors import products
from apps.operations.api.filters import FlagFilter, IdFilter, TimeFilter
from apps.operations.api.idempotency import idempotent
from apps.operations.api.refusals import conflicts, states_conflict
from apps.operations.api.schema import problems
from apps.operations.api.views import ApiViewSet
from apps.orders.estimates import estimate
from apps.orders.manual import order_edit, order_place
from apps.orders.models import Order
from apps.orders.previews import previewed
from apps.orders.selectors import orders
from apps.orders.serializers.orders import OrderDetailSerializer, OrderSerializer
from apps.orders.serializers.tickets import (
    CancelInput,
    CancelledSerializer,
    EstimateSerializer,
    OrderEdit,
    OrderInput,
    ticket_of,
)
from apps.orders.services import order_cancel, orders_cancel
from engine.orders.states import WORKING, OrderState


class OrderFilter(filters.FilterSet):
    account = filters.ModelChoiceFilter(queryset=own_accounts)
    product = filters.CharFilter(field_name="product__symbol")
    bot = IdFilter(method="of_bot", help_text="Id of a bot.")
    state = filters.ChoiceFilter(choices=[(state.value, state.value) for state in OrderState])
    working = FlagFilter(method="that_work", help_text="Not over yet.")
    correlation_id = filters.CharFilter(help_text="All orders of one cause.")
    since = TimeFilter(field_name="created", lookup_expr="gte", help_text="Inclusive.")
    until = TimeFilter(field_name="created", lookup_expr="lte", help_text="Inclusive.")

    class Meta:
        model = Order
        fields = (
            "account",
            "product",
            "bot",
            "state",
            "working",
            "side",
            "purpose",
            "correlation_id",
            "since",
            "until",
        )

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

    @extend_schema(request=OrderInput, responses={201: OrderDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Place an order by hand

        It is judged by the account's hard rules, committed with what it holds, and sent at once; a sale takes of what
        was bought by hand, never of a bot's position. `POST /orders/estimate/` tells beforehand what it would cost.
        """
        asked = self.read(OrderInput)
        order = order_place(
            user=self.user, account=asked["account"], product=product_of(asked), ticket=ticket_of(asked),
            request=uuid4().hex,
        )  # fmt: skip
        return self._made(order)

    @extend_schema(request=OrderEdit, responses={201: OrderDetailSerializer})
    @idempotent
    @problems(409)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Edit a resting order placed by hand

        The answer is a new order that `replaces` it: the old one is cancelled, the new one follows its end and asks
        for what it left.
        """
        order, asked = self.get_object(), self.read(OrderEdit)
        with conflicts("order"):
            new = order_edit(user=self.user, order=order, request=uuid4().hex, **asked)
        return self._made(new)

    @extend_schema(request=OrderInput, responses=EstimateSerializer)
    @action(detail=False, methods=["post"], required_scope="read", pagination_class=None, filterset_class=None)
    def estimate(self, request: Request) -> Response:
        """Estimate an order

        Its cost, the exposure after it and every rule with value and threshold; of a live account with the exchange's
        own preview. Places nothing.
        """
        asked = self.read(OrderInput)
        product = product_of(asked)
        told = estimate(account=asked["account"], product=product, ticket=ticket_of(asked))
        told = previewed(asked["account"], product, told)
        return Response(EstimateSerializer(told).data)

    @extend_schema(request=CancelInput, responses=CancelledSerializer)
    @action(detail=False, methods=["post"], url_path="cancellations", pagination_class=None, filterset_class=None)
    def cancel_many(self, request: Request) -> Response:
        """Ask for the cancel of several orders

        Of those named, or of all that work by hand in an account; what is over already, or a sale at market, is left
        out of the answer.
        """
        asked = self.read(CancelInput)
        if "account" in asked:
            rows = self.rows().filter(account=asked["account"], holder=MANUAL, state__in=WORKING)
        else:
            rows = self.rows().filter(pk__in=asked["orders"])
            if unknown := sorted(set(asked["orders"]) - set(rows.values_list("pk", flat=True))):
                raise ValidationError({"orders": f"must be yours, was {unknown[0]}"})
        cancelled = orders_cancel(user=self.user, orders=rows)
        return Response(CancelledSerializer({"orders": [order.pk for order in cancelled]}).data)

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

    def _made(self, order: Order) -> Response:
        location = reverse("api:order-detail", [order.pk], request=self.request)
        return Response(OrderDetailSerializer(order).data, status.HTTP_201_CREATED, headers={"Location": location})


def product_of(asked: dict[str, Any]) -> Product:
    """The product that a body names, of its account's venue."""
    found = products(asked["account"].venue).filter(symbol=asked["product"]).first()
    if found is None:
        raise ValidationError({"product": f"must be one traded at the account's venue, was {asked['product']!r}"})
    return found
