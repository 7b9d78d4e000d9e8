"""The API of the kill switch: its state and history, pulling it, releasing it."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from apps.accounts.api.own import own_accounts
from apps.accounts.api.proof import prove
from apps.operations.api.filters import FlagFilter
from apps.operations.api.idempotency import idempotent
from apps.operations.api.refusals import states_conflict
from apps.operations.api.schema import problems
from apps.operations.api.views import ApiViewSet
from apps.risk.limit_api import LimitChangeViewSet
from apps.risk.models import Halt
from apps.risk.selectors import halts_of, may_release
from apps.risk.serializers import LEVELS, HaltInput, HaltSerializer, ReleaseInput
from apps.risk.services import halt as halt_pull
from apps.risk.services import release as halt_release


class HaltFilter(filters.FilterSet):
    account = filters.ModelChoiceFilter(queryset=own_accounts)
    in_force = FlagFilter(field_name="released_at", lookup_expr="isnull")

    class Meta:
        model = Halt
        fields = ("scope", "account", "in_force")


class HaltViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    model, serializer_class, filterset_class = Halt, HaltSerializer, HaltFilter
    summaries = {"list": "List the halts that touch your accounts", "retrieve": "Get a halt"}

    def rows(self) -> QuerySet[Halt]:
        return halts_of(self.user)

    @extend_schema(request=HaltInput, responses={201: HaltSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Pull the kill switch

        At once, for one account or for all of yours; in force until it is released.
        """
        asked = self.read(HaltInput)
        whole = asked["scope"] == Halt.Scope.USER
        row = halt_pull(
            scope=asked["scope"], level=LEVELS[asked["level"]], reason=asked["reason"], by=self.user,
            account=asked.get("account"), user=self.user if whole else None,
        )  # fmt: skip
        location = reverse("api:halt-detail", [row.pk], request=request)
        return Response(self.get_serializer(row).data, status.HTTP_201_CREATED, headers={"Location": location})

    @extend_schema(request=ReleaseInput)
    @action(detail=True, methods=["post"])
    @problems(409)
    def release(self, request: Request, pk: str) -> Response:
        """Release a halt

        Says why it is safe to go on, and who says so: within five minutes of signing in, or with the password or, where
        there is a second factor, with a code. What an operator halted, an operator releases.
        """
        row = self.get_object()
        if not may_release(self.user, row):
            raise PermissionDenied("This halt is an operator's to release.")
        asked = self.read(ReleaseInput)
        prove(request, asked)
        with states_conflict():
            halt_release(halt=row, by=self.user, reason=asked["reason"])
        return Response(self.get_serializer(self.get_object()).data)


ROUTES = [("halts", HaltViewSet, "halt"), ("limit-changes", LimitChangeViewSet, "limit-change")]
