"""Limits and their changes as JSON."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.proof import Proof
from apps.operations.api.fields import Number
from apps.risk.limits import LIMITS, WHOLE, Limit
from apps.risk.models import LimitChange

VALUES = {
    "max_positions": 5, "max_position": 0.1, "max_exposure": 0.5, "daily_loss": 0.05, "daily_loss_amount": 0.0,
    "max_age": 120, "max_orders": 60,
}  # fmt: skip
CHANGE = {
    "id": 9, "account": 3, "limit": "max_exposure", "old": 0.5, "new": 0.8, "state": "waiting",
    "asked": "2026-01-01T12:00:00Z", "due": "2026-01-02T12:00:00Z", "ended": None,
}  # fmt: skip


class LimitChangeSerializer(serializers.ModelSerializer[LimitChange]):
    """A change of one limit. A tighter one is `done` at once; a looser one is `waiting` until it is due."""

    limit = serializers.ChoiceField([limit.name for limit in LIMITS], read_only=True)
    example = CHANGE

    class Meta:
        model = LimitChange
        fields = tuple(CHANGE)
        read_only_fields = fields


class LimitsSerializer(serializers.Serializer[Any]):
    """Hard limits that every entry must obey; 0 switches one off. Ratios are of equity."""

    max_positions = serializers.IntegerField()
    max_position, max_exposure = Number(), Number()
    daily_loss = Number(help_text="Ratio of the day's opening equity.")
    daily_loss_amount = Number(help_text="Quote.")
    max_age = serializers.IntegerField(help_text="Seconds after which market data is stale.")
    max_orders = serializers.IntegerField(help_text="Of a minute of the market, exits included; those go on.")
    waiting = LimitChangeSerializer(many=True, help_text="Looser limits that are not in force yet.")
    example = VALUES | {"waiting": [CHANGE]}


def _field(limit: Limit) -> serializers.Field[Any, Any, Any, Any]:
    options: dict[str, Any] = {"required": False, "min_value": 0, "max_value": limit.most, "help_text": limit.help}
    if limit.unit in WHOLE:
        return serializers.IntegerField(**options | {"max_value": int(limit.most)})
    return Number(**options)


class LimitsInput(Proof):
    """The limits to change; those left out stay. Only loosening one asks who is there: `code` or `password`."""

    example = {"max_positions": 3, "daily_loss": 0.02}

    def get_fields(self) -> dict[str, Any]:
        return {limit.name: _field(limit) for limit in LIMITS} | super().get_fields()


def asked_limits(asked: dict[str, Any]) -> dict[str, float]:
    """Of a read LimitsInput, without what proves who asks."""
    return {limit.name: float(asked[limit.name]) for limit in LIMITS if limit.name in asked}
