"""The API of changes of limits: what was asked for, what waits, taking it back."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.own import own_accounts
from apps.operations.api.refusals import Conflict
from apps.operations.api.schema import problems
from apps.operations.api.views import ApiViewSet
from apps.risk.limit_changes import raise_cancel
from apps.risk.limit_serializers import LimitChangeSerializer
from apps.risk.models import LimitChange
from apps.risk.selectors import limit_changes


class LimitChangeFilter(filters.FilterSet):
    account = filters.ModelChoiceFilter(queryset=own_accounts)

    class Meta:
        model = LimitChange
        fields = ("account", "state")


class LimitChangeViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    model, serializer_class, filterset_class = LimitChange, LimitChangeSerializer, LimitChangeFilter
    summaries = {"list": "List the changes of your limits", "retrieve": "Get a change of a limit"}

    def rows(self) -> QuerySet[LimitChange]:
        return limit_changes(self.user)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    @problems(409)
    def cancel(self, request: Request, pk: str) -> Response:
        """Take back a raise that waits

        The limit stays as it is.
        """
        if not raise_cancel(change=self.get_object(), by=self.user):
            raise Conflict("That change is over already.")
        return Response(self.get_serializer(self.get_object()).data)
