"""A bot tried on recorded data: what it is told now, on the stored candles of its market."""

from datetime import datetime
from decimal import Decimal

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from apps.backtests.checks import MOST_CASH
from apps.backtests.queue import position
from apps.backtests.serializers import BacktestSerializer
from apps.backtests.services import backtest_create
from apps.operations.api.fields import Amount, Input
from apps.operations.api.idempotency import idempotent
from apps.operations.api.views import ApiViewSet


class TrialInput(Input):
    """The stretch that is played, in market time: all that is stored by default."""

    start = serializers.DateTimeField(required=False, help_text="Bars that open from then on.")
    end = serializers.DateTimeField(required=False, help_text="Bars that open before.")
    cash = Amount(default=Decimal(10_000), max_value=MOST_CASH, help_text="Quote currency at the start.")
    example = {"start": "2020-02-10T00:00:00Z", "cash": "10000"}


class TrialActions(ApiViewSet):
    @extend_schema(request=TrialInput, responses={202: BacktestSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def test(self, request: Request, pk: str) -> Response:
        """Test a bot on recorded data

        A backtest of what it is told now, with the fees of its account: `GET /backtests/{id}/` shows how far it is.
        """
        bot, asked = self.get_object(), self.read(TrialInput)
        backtest = backtest_create(
            user=self.user, name=f"Test of {bot.name}", strategy=bot.version.strategy, params=bot.version.params,
            market=f"stored/{bot.product_id}", timeframe=bot.version.timeframe, cash=asked["cash"],
            fee=bot.account.fee_taker, slippage=bot.account.slippage, controls=bot.version.controls,
            start=_seconds(asked.get("start")), end=_seconds(asked.get("end")),
        )  # fmt: skip
        told = BacktestSerializer(backtest, context={"before": position})
        location = reverse("api:backtest-detail", [backtest.pk], request=request)
        return Response(told.data, status.HTTP_202_ACCEPTED, headers={"Location": location})


def _seconds(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())
