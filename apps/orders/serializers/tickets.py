"""Orders by hand as a script asks for them, and what they would cost."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.own import AccountField
from apps.operations.api.fields import Amount, Input, Ratio
from apps.orders.estimates import Estimate
from apps.orders.models import Side
from apps.orders.tickets import Ticket
from apps.risk.serializers import GATE, GateSerializer
from engine.kinds import OrderKind, TimeInForce

KINDS = {kind.name.lower(): kind for kind in OrderKind}
FORCES = {force.name.lower(): force for force in TimeInForce}
MOST_AT_ONCE = 100  # orders in one request


class OrderInput(Input):
    """What is wanted. Sizes and prices are snapped to the product's increments, never to the worse."""

    account = AccountField()
    product = serializers.CharField(max_length=32)
    side = serializers.ChoiceField(Side.choices)
    kind = serializers.ChoiceField(list(KINDS))
    quantity = Amount(required=False, help_text="Base.")
    amount = Amount(required=False, help_text="Quote, instead of a quantity: a market buy spends it, fees included.")
    limit_price = Amount(required=False, help_text="Of a bracket: its target.")
    stop_price = Amount(required=False)
    time_in_force = serializers.ChoiceField(list(FORCES), default="gtc")
    post_only = serializers.BooleanField(default=False, help_text="Refused where it would take.")
    expires = serializers.DateTimeField(required=False, help_text="Market time at which a `gtd` order ends.")
    example: dict[str, Any] = {
        "account": 3, "product": "BTC-USD", "side": "buy", "kind": "limit", "quantity": "0.05", "limit_price": "9800",
    }  # fmt: skip


def ticket_of(asked: dict[str, Any]) -> Ticket:
    """The ticket of an OrderInput."""
    return Ticket(
        side=asked["side"], kind=KINDS[asked["kind"]], quantity=asked.get("quantity"), amount=asked.get("amount"),
        limit_price=asked.get("limit_price"), stop_price=asked.get("stop_price"),
        time_in_force=FORCES[asked["time_in_force"]], post_only=asked["post_only"], expires=asked.get("expires"),
    )  # fmt: skip


class OrderEdit(Input):
    """What changes; the rest stays."""

    quantity = Amount(required=False, help_text="The new total in base, the filled part included.")
    limit_price = Amount(required=False)
    stop_price = Amount(required=False)
    example = {"limit_price": "9790"}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"quantity": "must be given, or limit_price or stop_price"})
        return attrs


class CancelInput(Input):
    """Orders by their ids, or all that work by hand in an account."""

    orders = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, min_length=1,
        max_length=MOST_AT_ONCE,
    )  # fmt: skip
    account = AccountField(required=False)
    example = {"orders": [77, 78]}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("orders" in attrs) == ("account" in attrs):
            raise serializers.ValidationError({"orders": "must be given, or an account, and not both"})
        return attrs


class CancelledSerializer(serializers.Serializer[Any]):
    """Ids of the orders whose cancel was asked for."""

    orders = serializers.ListField(child=serializers.IntegerField())
    example = {"orders": [77, 78]}


class EstimateSerializer(serializers.Serializer[Estimate]):
    """What an order would cost now. Quantities in base, money in quote."""

    quantity, price, notional, fee = Amount(), Amount(), Amount(), Amount()
    total = Amount(help_text="A buy pays it, a sale yields it, fees included.")
    slippage = Ratio(help_text="Against the last price.")
    liquidity = serializers.SerializerMethodField()
    exposure_after = Ratio(allow_null=True, help_text="Of the account, as a ratio of its equity.")
    refusal = serializers.CharField(help_text="The first rule that it would break, in words; empty when it is taken.")
    field = serializers.CharField(
        source="at_fault", help_text="The field that the exchange itself refuses; empty when it names none."
    )
    warnings = serializers.ListField(child=serializers.CharField())
    rules = GateSerializer(source="lines", many=True)
    example: dict[str, Any] = {
        "quantity": "0.05", "price": "9800", "notional": "490", "fee": "2.94", "total": "492.94", "slippage": 0.0,
        "liquidity": "maker", "exposure_after": 0.049, "refusal": "", "field": "", "warnings": [], "rules": [GATE],
    }  # fmt: skip

    def get_liquidity(self, estimate: Estimate) -> str:
        return "maker" if estimate.makes else "taker"
