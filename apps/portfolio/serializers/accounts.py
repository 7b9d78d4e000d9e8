"""Accounts as JSON: what is in them, what they are worth, what they must obey."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.accounts.models import TradingAccount
from apps.ledger.models import Balance
from apps.markets.models import Product
from apps.markets.selectors import session_current
from apps.operations.api.fields import Amount, Input, Ratio
from apps.portfolio.models import EquitySnapshot
from apps.portfolio.services import MOST, START

ACCOUNT = {
    "id": 3, "name": "Paper", "venue": "replay", "mode": "paper", "currency": "USD", "run": 1, "fee_maker": "0.006",
    "fee_taker": "0.006", "slippage": "0.0002", "granularity": 60, "created": "2026-01-01T11:00:00Z",
    "balances": [{"currency": "USD", "total": "9497.4225", "held": "0", "free": "9497.4225"}],
}  # fmt: skip


class BalanceSerializer(serializers.ModelSerializer[Balance]):
    """``held``: kept for open orders."""

    total, held = Amount(), Amount()
    free = Amount()

    class Meta:
        model = Balance
        fields = ("currency", "total", "held", "free")
        read_only_fields = fields


class AccountSerializer(serializers.ModelSerializer[TradingAccount]):
    """An account. Fees and slippage are ratios; ``run`` rises with each reset. ``granularity``: seconds of the bars
    that its paper orders meet, null while its market is closed."""

    run = serializers.IntegerField(source="generation", read_only=True)
    fee_maker, fee_taker, slippage = Amount(), Amount(), Amount()
    balances = BalanceSerializer(many=True, read_only=True)
    granularity = serializers.SerializerMethodField()
    example = ACCOUNT

    class Meta:
        model = TradingAccount
        fields = tuple(ACCOUNT)
        read_only_fields = fields

    def get_granularity(self, account: TradingAccount) -> int | None:
        session = session_current(account.venue)
        return session.granularity if session else None


class EquitySerializer(serializers.Serializer[Any]):
    """Marked to market in the account's currency; null = a price is missing, or nothing was noted yet."""

    equity = Amount(allow_null=True)
    cash = Amount(help_text="What orders hold included.")
    free = Amount()
    exposure = Amount(allow_null=True)
    open_pnl = Amount(allow_null=True, help_text="Of open positions, after entry fees.")
    day_open = Amount(allow_null=True)
    today = Amount(allow_null=True)
    peak = Amount(allow_null=True)
    drawdown = Ratio(allow_null=True, help_text="Ratio below the peak, 0 or more.")
    example = {
        "equity": "9997.0025", "cash": "9497.4225", "free": "9497.4225", "exposure": "499.58", "open_pnl": "-2.9975",
        "day_open": "10000", "today": "-2.9975", "peak": "10000", "drawdown": 0.00029975,
    }  # fmt: skip


class SnapshotSerializer(serializers.ModelSerializer[EquitySnapshot]):
    """What the account was worth at a market time."""

    equity, cash = Amount(), Amount()
    example = {"at": "2020-02-10T14:00:00Z", "equity": "10000", "cash": "10000"}

    class Meta:
        model = EquitySnapshot
        fields = ("at", "equity", "cash")
        read_only_fields = fields


class DepositField(serializers.DecimalField):
    """Paper money, with at most two decimals."""

    def __init__(self, **options: Any) -> None:
        bounds = {"min_value": Decimal("0.01"), "max_value": MOST}
        super().__init__(**{"max_digits": 11, "decimal_places": 2, **bounds, **options})


class AccountInput(Input):
    """A new paper account with its first deposit."""

    name = serializers.CharField(max_length=60)
    venue = serializers.CharField(max_length=32, required=False, help_text="This installation's market by default.")
    deposit = DepositField(default=START)
    example = {"name": "Second", "deposit": "5000.00"}

    def validate_venue(self, venue: str) -> str:
        known = {settings.MARKET, *Product.objects.values_list("venue", flat=True)}
        if venue not in known:
            raise serializers.ValidationError(f"must be one of {', '.join(sorted(known))}, was {venue!r}")
        return venue


class DepositInput(Input):
    amount = DepositField()
    example = {"amount": "500.00"}


class ResetInput(Input):
    deposit = DepositField(default=START, help_text="With which the account begins anew.")
    reason = serializers.CharField(max_length=200, help_text="For your own record.")
    example = {"deposit": "10000.00", "reason": "a fresh start"}
