"""Orders as JSON."""

from rest_framework import serializers

from apps.ledger.holders import bot_of
from apps.operations.api.fields import Amount
from apps.orders.models import Fill, Order, OrderEvent
from engine.kinds import OrderKind, TimeInForce

ORDER = {
    "id": 77, "client_order_id": "9f3c1c1e-8f0a-5b5e-9a53-2f0d2a6f4a11", "account": 3, "bot": 12, "venue": "replay",
    "product": "BTC-USD", "purpose": "entry", "reason": "", "side": "buy", "kind": "market", "quantity": "0.0506",
    "limit_price": None, "stop_price": None, "funds": "503", "time_in_force": "gtc", "post_only": False,
    "expires": None, "group": None, "leg": 0, "attempt": 0, "replaces": None, "state": "filled", "filled": "0.0506",
    "average_price": "9873.21", "fees": "2.9975", "cancel_requested": False, "message": "",
    "correlation_id": "7c5f0f6e2a0c4b6f9d6f2f3a1b0c9d8e",
    "decided": "2020-02-10T14:00:00Z", "created": "2026-01-01T12:00:00Z", "submitted": "2026-01-01T12:00:00Z",
    "finished": "2026-01-01T12:00:01Z",
}  # fmt: skip


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order. Quantities in base, prices, funds and fees in quote; ``decided`` is market time, the rest wall time."""

    venue = serializers.CharField(source="account.venue", read_only=True)
    product = serializers.CharField(source="product.symbol", read_only=True)
    bot = serializers.SerializerMethodField(help_text="Id of the bot whose it is.")
    kind = serializers.SerializerMethodField()
    time_in_force = serializers.SerializerMethodField()
    leg = serializers.IntegerField(read_only=True, help_text="Of its group.")
    attempt = serializers.IntegerField(read_only=True, help_text="Of its leg, counted from 1.")
    quantity, filled, fees = Amount(), Amount(), Amount()
    limit_price, stop_price = Amount(allow_null=True), Amount(allow_null=True)
    funds = Amount(allow_null=True, help_text="A buy never costs more.")
    correlation_id = serializers.CharField(read_only=True, help_text="Of its cause: what the logs are searched for.")
    average_price = Amount(allow_null=True, decimal_places=None, max_digits=None)
    example = ORDER

    class Meta:
        model = Order
        fields: tuple[str, ...] = tuple(ORDER)
        read_only_fields = fields

    def get_bot(self, order: Order) -> int | None:
        return bot_of(order.holder)

    def get_kind(self, order: Order) -> str:
        return OrderKind(order.kind).name.lower()

    def get_time_in_force(self, order: Order) -> str:
        return TimeInForce(order.time_in_force).name.lower()


class OrderEventSerializer(serializers.ModelSerializer[OrderEvent]):
    detail = serializers.DictField()

    class Meta:
        model = OrderEvent
        fields = ("seq", "kind", "from_state", "to_state", "detail", "at")
        read_only_fields = fields


class FillSerializer(serializers.ModelSerializer[Fill]):
    """A trade of an order. ``at`` is market time; ``bar`` the seconds of the bar that filled it on paper, 0 = a real
    trade."""

    price, quantity, fee = Amount(), Amount(), Amount()

    class Meta:
        model = Fill
        fields = ("trade_id", "at", "price", "quantity", "fee", "fee_currency", "maker", "reason", "bar")
        read_only_fields = fields


class OrderDetailSerializer(OrderSerializer):
    """An order with all that happened to it."""

    events = OrderEventSerializer(many=True, read_only=True)
    fills = FillSerializer(many=True, read_only=True)
    example = ORDER | {
        "events": [
            {"seq": 41, "kind": "created", "from_state": "", "to_state": "pending", "detail": {},
             "at": "2026-01-01T12:00:00Z"},
        ],
        "fills": [
            {"trade_id": "501", "at": "2020-02-10T14:01:00Z", "price": "9873.21", "quantity": "0.0506",
             "fee": "2.9975", "fee_currency": "USD", "maker": False, "reason": "market", "bar": 60},
        ],
    }  # fmt: skip

    class Meta(OrderSerializer.Meta):
        fields = (*OrderSerializer.Meta.fields, "events", "fills")
        read_only_fields = fields
