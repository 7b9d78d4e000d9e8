"""Bots: listed, made, told something new, switched, deleted."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import ValidationError

from apps.accounts.models import TradingAccount
from apps.bots.api.decisions import DecisionActions
from apps.bots.api.filters import BotFilter
from apps.bots.api.trials import TrialActions
from apps.bots.models import Bot
from apps.bots.rows import bot_rows
from apps.bots.selectors import bots, versions
from apps.bots.serializers.bots import (
    BotCreate,
    BotEdit,
    BotSerializer,
    ReasonInput,
    RollbackInput,
    StopInput,
    VersionSerializer,
)
from apps.bots.services import bot_archive, bot_create, bot_edit, bot_pause, bot_rollback, bot_start, bot_stop
from apps.markets.models import Product
from apps.markets.selectors import products
from apps.operations.api.idempotency import idempotent
from apps.operations.api.refusals import states_conflict
from apps.operations.api.schema import problems
from engine.strategies.registry import REGISTRY


class BotViewSet(DecisionActions, TrialActions):
    """The caller's bots."""

    model, serializer_class, filterset_class = Bot, BotSerializer, BotFilter

    def rows(self) -> QuerySet[Bot]:
        return bots(self.user)

    def list(self, request: Request) -> Response:
        """List your bots"""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(BotSerializer(bot_rows(page or []), many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Get a bot"""
        return self._shown()

    @extend_schema(request=BotCreate, responses={201: BotSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a bot

        It is stopped: `POST /bots/{id}/start/` lets it decide and trade.
        """
        asked = self.read(BotCreate)
        bot = bot_create(
            user=self.user, account=asked["account"], product=_product(asked["account"], asked["product"]),
            name=asked["name"], strategy=asked["strategy"], params=asked["params"], controls=asked["controls"],
            timeframe=asked.get("timeframe", REGISTRY[asked["strategy"]].timeframe),
        )  # fmt: skip
        location = reverse("api:bot-detail", [bot.pk], request=request)
        return Response(_bot(bot), status.HTTP_201_CREATED, headers={"Location": location})

    @extend_schema(request=BotEdit)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Tell a bot something new

        Makes a new version, from the next closed bar on; open positions keep the exits they have.
        """
        bot, asked = self.get_object(), self.read(BotEdit)
        bot_edit(
            bot=bot, user=self.user, params=bot.version.params | asked["params"], name=asked.get("name"),
            controls=bot.version.controls | asked["controls"], timeframe=asked.get("timeframe"),
        )  # fmt: skip
        return self._shown()

    @problems(409)
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a stopped bot

        It leaves every list; its trades, orders and decisions stay in the history.
        """
        bot = self.get_object()
        with states_conflict():
            bot_archive(bot=bot, user=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=ReasonInput)
    @action(detail=True, methods=["post"])
    @problems(409)
    def start(self, request: Request, pk: str) -> Response:
        """Start a bot

        It decides at the close of every bar from now on and places paper orders by itself. One that an operator paused
        is theirs to start.
        """
        bot, asked = self.get_object(), self.read(ReasonInput)
        with states_conflict():
            bot_start(bot=bot, user=self.user, reason=asked["reason"])
        return self._shown()

    @extend_schema(request=ReasonInput)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Pause a bot

        No new entries; exits of its open position go on.
        """
        bot_pause(bot=self.get_object(), user=self.user, reason=self.read(ReasonInput)["reason"])
        return self._shown()

    @extend_schema(request=StopInput)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """Stop a bot

        Nothing is decided any more; `position` says what becomes of its orders and its position.
        """
        asked = self.read(StopInput)
        close = asked["position"] == "close"
        bot_stop(bot=self.get_object(), user=self.user, close=close, reason=asked["reason"])
        return self._shown()

    @extend_schema(responses=VersionSerializer(many=True))
    @action(detail=True, filterset_class=None)
    def versions(self, request: Request, pk: str) -> Response:
        """List what a bot was told"""
        page = self.paginate_queryset(versions(self.get_object()))
        return self.get_paginated_response(VersionSerializer(page, many=True).data)

    @extend_schema(request=RollbackInput)
    @action(detail=True, methods=["post"])
    def rollback(self, request: Request, pk: str) -> Response:
        """Tell a bot again what an earlier version told it"""
        bot_rollback(bot=self.get_object(), user=self.user, number=self.read(RollbackInput)["number"])
        return self._shown()

    def _shown(self) -> Response:
        return Response(_bot(self.get_object()))


def _bot(bot: Bot) -> dict[str, Any]:
    return BotSerializer(bot_rows([bot])[0]).data


def _product(account: TradingAccount, symbol: str) -> Product:
    known = {product.symbol: product for product in products(account.venue)}
    if symbol not in known:
        raise ValidationError({"product": f"must be one of {', '.join(known) or 'none yet'}, was {symbol!r}"})
    return known[symbol]
