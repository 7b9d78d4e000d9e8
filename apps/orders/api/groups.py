"""Advanced orders: kinds, estimates, placing, following, cancelling."""

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
from apps.operations.api.idempotency import idempotent
from apps.operations.api.refusals import conflicts, states_conflict
from apps.operations.api.schema import problems
from apps.operations.api.views import ApiViewSet
from apps.orders.api.orders import product_of
from apps.orders.groups.creation import group_create, group_estimate
from apps.orders.groups.edits import group_edit
from apps.orders.groups.endings import group_cancel, groups_cancel
from apps.orders.models import OrderGroup
from apps.orders.selectors import groups
from apps.orders.serializers.groups import (
    KINDS,
    GroupCancelInput,
    GroupDetailSerializer,
    GroupEdit,
    GroupInput,
    GroupsCancelledSerializer,
    GroupSerializer,
    PlanKindSerializer,
)
from apps.orders.serializers.tickets import EstimateSerializer
from engine.plans.definitions import DEFINITIONS


class GroupFilter(filters.FilterSet):
    account = filters.ModelChoiceFilter(queryset=own_accounts)
    product = filters.CharFilter(field_name="product__symbol")
    state = filters.ChoiceFilter(choices=OrderGroup.State.choices)

    class Meta:
        model = OrderGroup
        fields = ("account", "product", "state", "side")


class OrderGroupViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    model, filterset_class = OrderGroup, GroupFilter
    summaries = {"list": "List your advanced orders", "retrieve": "Get an advanced order with its orders"}

    def rows(self) -> QuerySet[OrderGroup]:
        return groups(self.user)

    def get_serializer_class(self) -> Any:
        return GroupSerializer if self.action == "list" else GroupDetailSerializer

    @extend_schema(request=GroupInput, responses={201: GroupDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Place an advanced order

        A stop, OCO, bracket, trailing stop, iceberg or TWAP: we lead it and place its orders, native ones where the
        exchange holds them. All of it is judged by the account's hard rules first, each of its buys again.
        """
        asked = self.read(GroupInput)
        group = group_create(**_named(asked), user=self.user, request=uuid4().hex)
        location = reverse("api:order-group-detail", [group.pk], request=request)
        return Response(GroupDetailSerializer(group).data, status.HTTP_201_CREATED, headers={"Location": location})

    @extend_schema(request=GroupEdit, responses=GroupDetailSerializer)
    @problems(409)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the prices of an advanced order that goes on

        Its stop, its target or its worst price, until one of them has been reached. They hold for all that comes after;
        what rests at the exchange follows. A trailing stop follows by itself. The same again changes nothing more.
        """
        group, asked = self.get_object(), self.read(GroupEdit)
        with conflicts("group"):
            group_edit(user=self.user, group=group, changes=asked["params"])
        return Response(GroupDetailSerializer(self.get_object()).data)

    @extend_schema(request=GroupInput, responses=EstimateSerializer)
    @action(detail=False, methods=["post"], required_scope="read", pagination_class=None, filterset_class=None)
    def estimate(self, request: Request) -> Response:
        """Estimate an advanced order

        The cost or yield of all of it near the prices that it names, and every rule. Places nothing.
        """
        return Response(EstimateSerializer(group_estimate(**_named(self.read(GroupInput)))).data)

    @extend_schema(responses=PlanKindSerializer(many=True))
    @action(detail=False, pagination_class=None, filterset_class=None)
    def kinds(self, request: Request) -> Response:
        """List the kinds of advanced orders with their parameters"""
        told: Any = list(DEFINITIONS.values())
        return Response(PlanKindSerializer(told, many=True).data)

    @extend_schema(request=None, responses=GroupDetailSerializer)
    @action(detail=True, methods=["post"])
    @problems(409)
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel an advanced order

        Its orders are cancelled and it places no more; it is over when none of them works. What it has bought stays,
        without the exits that it was to have.
        """
        group = self.get_object()
        with states_conflict():
            group_cancel(user=self.user, group=group)
        return Response(GroupDetailSerializer(self.get_object()).data)

    @extend_schema(request=GroupCancelInput, responses=GroupsCancelledSerializer)
    @action(detail=False, methods=["post"], url_path="cancellations", pagination_class=None, filterset_class=None)
    def cancel_many(self, request: Request) -> Response:
        """Cancel several advanced orders

        Those named, or all active ones of an account; what is over already is left out of the answer.
        """
        asked = self.read(GroupCancelInput)
        if "account" in asked:
            rows = self.rows().filter(account=asked["account"])
        else:
            rows = self.rows().filter(pk__in=asked["groups"])
            if unknown := sorted(set(asked["groups"]) - set(rows.values_list("pk", flat=True))):
                raise ValidationError({"groups": f"must be yours, was {unknown[0]}"})
        ended = groups_cancel(user=self.user, groups=rows)
        return Response(GroupsCancelledSerializer({"groups": [group.pk for group in ended]}).data)


def _named(asked: dict[str, Any]) -> dict[str, Any]:
    """A GroupInput as the services take it."""
    return {
        "account": asked["account"], "product": product_of(asked), "kind": KINDS[asked["kind"]],
        "params": asked["params"],
    }  # fmt: skip
