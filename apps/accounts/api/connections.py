"""The API of connections to exchanges. The key goes in and never comes out."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from apps.accounts.api.proof import Proof, prove
from apps.accounts.connections.live import SURE, live_begin, live_end
from apps.accounts.connections.services import connection_add, connection_check, connection_delete
from apps.accounts.models import ExchangeConnection
from apps.operations.api.refusals import Conflict, states_conflict
from apps.operations.api.schema import problems
from apps.operations.api.views import ApiViewSet
from exchanges.port import Unavailable

CONNECTION = {
    "id": 2, "label": "Main", "venue": "coinbase", "key_name": "…3f9a1c",
    "portfolio": "b87a2d3f-8a1e-49b3-a4ea-402d8c389aca",
    "portfolio_name": "Default", "state": "ok", "reason": "", "can_trade": True, "fee_tier": "Intro 1", "account": 4,
    "checked": "2026-01-01T11:00:00Z", "last_used": None, "live_since": None, "created": "2026-01-01T11:00:00Z",
}  # fmt: skip


class ConnectionSerializer(serializers.ModelSerializer[ExchangeConnection]):
    """``state``: ok, read_only (watching), refused or broken, with the ``reason`` in words; ``live_since``: when real
    money was confirmed."""

    account = serializers.PrimaryKeyRelatedField[Any](read_only=True, allow_null=True)
    example = CONNECTION

    class Meta:
        model = ExchangeConnection
        fields = tuple(CONNECTION)
        read_only_fields = fields


class ConnectionInput(Proof):
    """``key``: the whole text of the key file that the exchange gave out."""

    label = serializers.CharField(max_length=60)  # type: ignore[assignment]  # a field's own label is another thing
    key = serializers.CharField(max_length=5000, write_only=True, trim_whitespace=False)
    example = {"label": "Main", "key": '{"name": "...", "privateKey": "..."}', "password": "long and secret"}


class LiveInput(Proof):
    """Real money: typed, by somebody who has just proved who they are."""

    sure = serializers.CharField(max_length=20, help_text=f"{SURE}, in capitals.")
    example = {"sure": SURE, "code": "123456"}


class ConnectionViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    model, serializer_class = ExchangeConnection, ConnectionSerializer
    ordering = "id"
    summaries = {"list": "List your connections to exchanges", "retrieve": "Get a connection"}

    def rows(self) -> QuerySet[ExchangeConnection]:
        return ExchangeConnection.objects.filter(owner=self.user).select_related("account")

    @extend_schema(request=ConnectionInput, responses={201: ConnectionSerializer})
    def create(self, request: Request) -> Response:
        """Connect an exchange

        The key is checked at once: one that can transfer money is refused. A portfolio is connected once.
        """
        asked = self.read(ConnectionInput)
        prove(request, asked)
        row = connection_add(user=self.user, label=asked["label"], text=asked["key"])
        location = reverse("api:connection-detail", [row.pk], request=request)
        told = self.get_serializer(self.rows().get(pk=row.pk)).data
        return Response(told, status.HTTP_201_CREATED, headers={"Location": location})

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    @problems(409)
    def check(self, request: Request, pk: str) -> Response:
        """Check a connection now

        Asks the exchange what the key may do; 409 while it does not answer.
        """
        try:
            connection_check(self.get_object(), by=self.user)
        except Unavailable as error:
            raise Conflict(f"The connection cannot be checked now: {error}") from None
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=LiveInput)
    @action(detail=True, methods=["post"])
    @problems(409)
    def live(self, request: Request, pk: str) -> Response:
        """Let a connection trade with real money

        Needs two-factor sign-in and a key that may trade.
        """
        asked = self.read(LiveInput)
        prove(request, asked)
        row = self.get_object()
        if asked["sure"] != SURE:
            raise serializers.ValidationError({"sure": f"must be {SURE}, was {asked['sure']!r}"})
        with states_conflict():
            live_begin(connection=row, by=self.user, sure=asked["sure"])
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Stop the entries of a connection

        Sales and cancels still go out.
        """
        live_end(connection=self.get_object(), by=self.user)
        return Response(self.get_serializer(self.get_object()).data)

    @problems(409)
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a connection

        Its key is forgotten; the account stays with its history. Refused while orders work there.
        """
        with states_conflict():
            connection_delete(connection=self.get_object(), by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


ROUTES = [("connections", ConnectionViewSet, "connection")]
