"""Accounts: opened, paid into, begun anew, and what they are worth."""

from dataclasses import asdict

from django.conf import settings
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from apps.accounts.api.proof import prove
from apps.accounts.models import TradingAccount
from apps.accounts.selectors import trading_accounts
from apps.ledger.serializers import EntrySerializer
from apps.operations.api.filters import TimeFilter
from apps.operations.api.idempotency import idempotent
from apps.operations.api.views import ApiViewSet
from apps.portfolio.models import EquitySnapshot
from apps.portfolio.selectors import equity, snapshots
from apps.portfolio.serializers.accounts import (
    AccountInput,
    AccountSerializer,
    DepositInput,
    EquitySerializer,
    ResetInput,
    SnapshotSerializer,
)
from apps.portfolio.services import paper_account_open, paper_account_reset, paper_deposit
from apps.risk.limit_changes import limits_change
from apps.risk.limit_serializers import LimitsInput, LimitsSerializer, asked_limits
from apps.risk.limits import loosens
from apps.risk.selectors import limits


class SnapshotFilter(filters.FilterSet):
    since = TimeFilter(field_name="at", lookup_expr="gte", help_text="Market time, inclusive.")
    until = TimeFilter(field_name="at", lookup_expr="lte", help_text="Market time, inclusive.")


class AccountViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    model, serializer_class = TradingAccount, AccountSerializer
    ordering = "id"
    summaries = {"list": "List your accounts", "retrieve": "Get an account with its balances"}

    def rows(self) -> QuerySet[TradingAccount]:
        return trading_accounts(self.user).prefetch_related("balances")

    @extend_schema(request=AccountInput, responses={201: AccountSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Open a paper account"""
        asked = self.read(AccountInput)
        venue = asked.get("venue", settings.MARKET)
        account = paper_account_open(user=self.user, name=asked["name"], venue=venue, deposit=asked["deposit"])
        location = reverse("api:account-detail", [account.pk], request=request)
        return Response(self.get_serializer(account).data, status.HTTP_201_CREATED, headers={"Location": location})

    @extend_schema(request=DepositInput, responses={201: EntrySerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def deposits(self, request: Request, pk: str) -> Response:
        """Add paper money

        It is no gain: the day's opening equity rises with it.
        """
        entry = paper_deposit(account=self.get_object(), amount=self.read(DepositInput)["amount"], by=self.user)
        location = reverse("api:entry-detail", [entry.pk], request=request)
        return Response(EntrySerializer(entry).data, status.HTTP_201_CREATED, headers={"Location": location})

    @extend_schema(request=ResetInput)
    @action(detail=True, methods=["post"])
    @idempotent
    def reset(self, request: Request, pk: str) -> Response:
        """Begin a paper account anew

        Cancels its orders, closes its positions at the last price, empties it and deposits anew; the history is kept.
        """
        account, asked = self.get_object(), self.read(ResetInput)
        paper_account_reset(account=account, by=self.user, reason=asked["reason"], deposit=asked["deposit"])
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(responses=EquitySerializer)
    @action(detail=True, pagination_class=None)
    def equity(self, request: Request, pk: str) -> Response:
        """Get what an account is worth now"""
        return Response(EquitySerializer(equity(self.get_object())).data)

    @extend_schema(responses=SnapshotSerializer(many=True))
    @action(detail=True, filterset_class=SnapshotFilter, ordering="-at", model=EquitySnapshot)
    def history(self, request: Request, pk: str) -> Response:
        """List what an account was worth, newest first

        A point each quarter of an hour of market time, of the present run.
        """
        page = self.paginate_queryset(self.filter_queryset(snapshots(self.get_object())))
        return self.get_paginated_response(SnapshotSerializer(page, many=True).data)

    @extend_schema(responses=LimitsSerializer)
    @action(detail=True, pagination_class=None)
    def limits(self, request: Request, pk: str) -> Response:
        """Get the limits of an account"""
        return self._limits(self.get_object())

    @extend_schema(request=LimitsInput, responses=LimitsSerializer)
    @limits.mapping.patch
    def change_limits(self, request: Request, pk: str) -> Response:
        """Change the limits of an account

        A tighter limit is in force at once. A looser one asks who is there (within five minutes of signing in, or with
        the password or, where there is a second factor, with a code) and waits; see `limit-changes/`.
        """
        account, asked = self.get_object(), self.read(LimitsInput)
        values = asked_limits(asked)
        if loosens(limits([account])[account.pk], values):
            prove(request, asked)
        limits_change(account=account, by=self.user, values=values)
        return self._limits(account)

    def _limits(self, account: TradingAccount) -> Response:
        told = asdict(limits([account])[account.pk]) | {"waiting": account.limit_changes.filter(state="waiting")}
        return Response(LimitsSerializer(told).data)
