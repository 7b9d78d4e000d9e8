"""Advanced orders as JSON: what they are made of, what they wait for, their orders."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.own import AccountField
from apps.markets.rules import product_rules
from apps.operations.api.fields import Amount, Input
from apps.orders.groups.rows import plan_record
from apps.orders.models import OrderGroup
from apps.orders.serializers.orders import ORDER, OrderSerializer
from apps.orders.serializers.tickets import MOST_AT_ONCE
from engine.kinds import PlanKind
from engine.memory import MemorySchemaError
from engine.plans.definitions import DEFINITIONS, Definition
from engine.plans.memory import state_from_bytes
from engine.plans.words import waits_for

KINDS = {kind.name.lower(): kind for kind in PlanKind}
OURS = {"seed", "start", "native", "next"}  # among the stored parameters: not what was asked for
GROUP = {
    "id": 9, "account": 3, "venue": "replay", "product": "BTC-USD", "kind": "trailing", "side": "sell",
    "quantity": "0.05", "params": {"callback": "0.02", "order": "market"}, "state": "active", "stopping": False,
    "waits_for": "Sells when the price is at or below 9654.22 (highest 9851.25 on 2020-02-10 14:00:00 UTC).",
    "message": "", "created": "2026-01-01T12:00:00Z", "finished": None,
}  # fmt: skip


class GroupSerializer(serializers.ModelSerializer[OrderGroup]):
    """An advanced order. ``stopping``: it comes to its end, its orders are being cancelled."""

    venue = serializers.CharField(source="account.venue", read_only=True)
    product = serializers.CharField(source="product.symbol", read_only=True)
    kind = serializers.SerializerMethodField()
    quantity = Amount()
    params = serializers.SerializerMethodField()
    waits_for = serializers.SerializerMethodField(help_text="What it does now, in words; empty when it is over.")
    example = GROUP

    class Meta:
        model = OrderGroup
        fields: tuple[str, ...] = tuple(GROUP)
        read_only_fields = fields

    def get_kind(self, group: OrderGroup) -> str:
        return PlanKind(group.kind).name.lower()

    def get_params(self, group: OrderGroup) -> dict[str, Any]:
        told = group.params | group.params.get("next", {})
        return {name: value for name, value in told.items() if name not in OURS and value is not None}

    def get_waits_for(self, group: OrderGroup) -> str:
        return waiting_words(group)


def waiting_words(group: OrderGroup) -> str:
    """What an active group waits for; '' for one that is over."""
    if group.state != OrderGroup.State.ACTIVE:
        return ""
    try:
        state = state_from_bytes(bytes(group.memory))
    except MemorySchemaError as error:
        return str(error)
    words = waits_for(plan_record(group), state, product_rules(group.product))
    return f"Paused, it buys nothing: {group.paused}. {words}" if group.paused else words


class GroupDetailSerializer(GroupSerializer):
    """An advanced order with the orders it has made, oldest first."""

    orders = serializers.SerializerMethodField()
    example = GROUP | {"orders": [ORDER | {"group": 9, "leg": 3, "attempt": 1}]}

    class Meta(GroupSerializer.Meta):
        fields = (*GroupSerializer.Meta.fields, "orders")
        read_only_fields = fields

    def get_orders(self, group: OrderGroup) -> list[dict[str, Any]]:
        rows = group.orders.select_related("product", "account").order_by("pk")
        return list(OrderSerializer(rows, many=True).data)


class GroupInput(Input):
    """``params`` are those of the kind (`GET /order-groups/kinds/`), side and quantity among them."""

    account = AccountField()
    product = serializers.CharField(max_length=32)
    kind = serializers.ChoiceField(list(KINDS))
    params = serializers.DictField()
    example: dict[str, Any] = {
        "account": 3, "product": "BTC-USD", "kind": "trailing",
        "params": {"side": "sell", "quantity": "0.05", "callback": "0.02"},
    }  # fmt: skip


class GroupEdit(Input):
    """New prices by name: stop_price, target_price, stop_limit_price; of a stop, an iceberg or a TWAP limit_price. Null
    takes an optional one away, what is left out stays."""

    params = serializers.DictField(allow_empty=False)
    example: dict[str, Any] = {"params": {"stop_price": "9700"}}


class GroupCancelInput(Input):
    """Groups by their ids, or all active ones of an account."""

    groups = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, min_length=1,
        max_length=MOST_AT_ONCE,
    )  # fmt: skip
    account = AccountField(required=False)
    example = {"groups": [9]}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("groups" in attrs) == ("account" in attrs):
            raise serializers.ValidationError({"groups": "must be given, or an account, and not both"})
        return attrs


class GroupsCancelledSerializer(serializers.Serializer[Any]):
    """Ids of the groups that come to their end now."""

    groups = serializers.ListField(child=serializers.IntegerField())
    example = {"groups": [9]}


class PlanParameterSerializer(serializers.Serializer[Any]):
    """A parameter of a kind. Ratios as plain numbers: 0.02 is 2 %."""

    name = serializers.CharField()
    title = serializers.CharField(source="label")
    kind = serializers.CharField(help_text="price, quantity, ratio, seconds, count, time, flag or choice.")
    must = serializers.BooleanField(source="required", help_text="It must be given.")
    otherwise = serializers.SerializerMethodField(help_text="What holds when it is not given.")
    minimum = Amount(allow_null=True)
    maximum = Amount(allow_null=True)
    choices = serializers.SerializerMethodField()
    description = serializers.CharField(source="help")

    def get_otherwise(self, parameter: Any) -> str | None:
        return None if parameter.default is None else str(parameter.default)

    def get_choices(self, parameter: Any) -> list[str]:
        return [name for name, _ in parameter.choices]


class PlanKindSerializer(serializers.Serializer[Definition]):
    """A kind of advanced order and what it asks."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    params = PlanParameterSerializer(source="fields", many=True)
    example: dict[str, Any] = {
        "name": "twap", "title": "TWAP", "description": DEFINITIONS[PlanKind.TWAP].description,
        "params": [
            {"name": "slices", "title": "Slices", "kind": "count", "must": True, "otherwise": None, "minimum": "2",
             "maximum": "1000", "choices": [], "description": ""},
        ],
    }  # fmt: skip
